"""What every test may ask for: programs that a person's machine need not have, and CI must."""

import os
import shutil
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import settings

# The same examples in every run, so that a red run is the change's doing; no timing, so that a busy
# machine's is not.
settings.register_profile("suite", derandomize=True, deadline=None, max_examples=50)
settings.load_profile("suite")

BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)


def missing(reason: str) -> NoReturn:
    """Skips the test on a person's machine; fails it where CI=true, which installs what it uses."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def chromium() -> Path:
    """The path of an installed Chromium or Chrome."""
    for name in BROWSERS:
        if found := shutil.which(name):
            return Path(found)
    missing("no Chromium: on Debian, sudo apt-get install chromium")
