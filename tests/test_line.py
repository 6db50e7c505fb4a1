"""A warm hook call passes the line's stops, and makes no more Python calls than it may."""

import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import msgspec
import pytest

from tests.line_profile import LineProfile

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
LINE = PAGE.partition("## The line")[2].partition("\n## ")[0]
STOPS = re.findall(r"^\| `([\w.]+)` \|", LINE, re.MULTILINE)
TYPES = set(re.findall(r"`([A-Z]\w+)`", LINE))
MOST_STOPS = 15
MOST_TYPES = 10
MOST_CALLS = 3500
"""Python calls of one warm `af-stroke-risk` call, of every thread, ours and the libraries'."""

MOST_MODULES = 86


@cache
def profile() -> LineProfile:
    """Of a process of its own: the threads of another test would be counted with it."""
    found = subprocess.run(
        [sys.executable, "-m", "tests.line_profile"], cwd=ROOT, check=True, capture_output=True
    )
    return msgspec.json.decode(found.stdout.splitlines()[-1], type=LineProfile)


def test_the_page_names_the_stops_and_the_values_that_go_from_one_to_the_next() -> None:
    assert 10 < len(STOPS) <= MOST_STOPS
    assert 5 < len(TYPES) <= MOST_TYPES


@pytest.mark.parametrize("stop", STOPS)
def test_a_warm_call_passes_each_stop_of_the_page(stop: str) -> None:
    assert stop in profile().functions


@pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="counts differ between versions")
def test_a_warm_call_makes_no_more_calls_and_enters_no_more_modules_than_it_may() -> None:
    assert profile().calls <= MOST_CALLS
    assert len(profile().modules) <= MOST_MODULES
