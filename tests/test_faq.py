"""The answers to "why no card?" name every reason that there is."""

import re
from enum import StrEnum
from pathlib import Path
from typing import get_args

import pytest

from cds_hooks.fhir_client.response import Reason
from fhir_adapters.record import Availability, DropCode
from predictors.predictor import Problem

FAQ = (Path(__file__).parents[1] / "docs" / "faq.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("reasons", [DropCode, Problem])
def test_every_reason_has_its_row_and_every_row_its_reason(reasons: type[StrEnum]) -> None:
    tables = re.split(r"\n\n", FAQ)
    listed = [set(re.findall(r"^\| `([a-z-]+)` \|", table, re.MULTILINE)) for table in tables]
    assert {each.value for each in reasons} in listed


def test_every_reason_why_nothing_was_fetched_has_its_row() -> None:
    (table,) = (each for each in re.split(r"\n\n", FAQ) if each.startswith("| reason |"))
    told = set(re.findall(r"`([^`]+)`", table))
    assert set(get_args(Reason)) - told == {"status"}


def test_every_state_of_a_prefetch_key_is_explained() -> None:
    (line,) = re.findall(r"^`incomplete` says .*$", FAQ, re.MULTILINE)
    told = set(re.findall(r"`([a-z]+)` \(", line))
    assert told == {each.value for each in Availability if each is not Availability.ANSWERED}
