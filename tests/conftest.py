"""What every test may ask for: programs that a person's machine need not have, and CI must."""

import os
import resource
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import settings
from msgspec.structs import replace
from playwright.sync_api import Browser

from cds_hooks.settings.store import StoreSettings
from cds_hooks.store.recorder import Tidying
from tests import stores
from tests.browsing import launched
from tests.postgres import Postgres, programs, running

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


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Prints the CPU time of the run, its workers and the servers that it started included."""
    if not hasattr(config, "workerinput"):
        used = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        print(f"CPU time: {sum(each.ru_utime + each.ru_stime for each in used):.0f} s")


def missing(reason: str) -> NoReturn:
    """Skips the test on a person's machine; fails it where CI=true, which installs what it uses."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@pytest.fixture(autouse=True)
def untidied(monkeypatch: pytest.MonkeyPatch) -> None:
    """No recorder tidies up by itself: what a test looks for is not done behind its back."""
    monkeypatch.setattr(Tidying, "begin", lambda _: None)


@pytest.fixture(scope="session")
def chromium() -> Path:
    """The path of an installed Chromium or Chrome."""
    for name in BROWSERS:
        if found := shutil.which(name):
            return Path(found)
    missing("no Chromium: on Debian, sudo apt-get install chromium")


@pytest.fixture(scope="module")
def browser(chromium: Path) -> Iterator[Browser]:
    """Chromium, started."""
    with launched(chromium) as started:
        yield started


@pytest.fixture(scope="session")
def nginx_program() -> str:
    """The path of nginx."""
    found = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if found is None:
        missing("no nginx: on Debian, sudo apt-get install nginx")
    return found


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server of the tests' own."""
    found = programs()
    if found is None:
        missing("no PostgreSQL: on Debian, sudo apt-get install postgresql")
    with running(found) as server:
        yield server


@pytest.fixture(scope="session")
def postgres_template(postgres: Postgres) -> Iterator[str]:
    """The name of an upgraded database without rows."""
    with postgres.database() as name:
        stores.upgraded(postgres.url(name))
        yield name


@pytest.fixture
def postgres_settings(postgres: Postgres, postgres_template: str) -> Iterator[StoreSettings]:
    """An empty, upgraded database of the server, with a spool of its own."""
    with postgres.database(postgres_template) as name:
        yield replace(stores.placed(), url=postgres.url(name))


@pytest.fixture
def sqlite_settings() -> StoreSettings:
    """An empty, upgraded SQLite file, with a spool of its own."""
    return stores.placed()


@pytest.fixture(params=["sqlite", "postgres"])
def store_settings(request: pytest.FixtureRequest) -> StoreSettings:
    """An empty, upgraded database: of each kind in turn."""
    found: StoreSettings = request.getfixturevalue(f"{request.param}_settings")
    return found


@pytest.fixture(params=["sqlite", "postgres"])
def bare_settings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[StoreSettings]:
    """A database without tables: of each kind in turn."""
    if request.param == "sqlite":
        yield replace(stores.placed(), url=f"sqlite:///{tmp_path / 'bare.db'}")
        return
    server: Postgres = request.getfixturevalue("postgres")
    with server.database() as name:
        yield replace(stores.placed(), url=server.url(name))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Prints the figures that tests measured and gave to `record_property`."""
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            for name, figures in report.user_properties:
                terminalreporter.write_line(f"{name}: {figures}")
