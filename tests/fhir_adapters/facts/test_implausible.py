"""A value beyond the plausible range is used in no score, and is never lost in silence."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_adapters.facts.facts import Fact, latest, mean_of_visits, series
from fhir_adapters.record import NoteCode
from tests.fhir_adapters.sent import Resource, observation, pressure, quantity, read

NOW = datetime(2026, 3, 15, 12, tzinfo=UTC)
EARLIER, LATER = "2026-03-15T08:00:00Z", "2026-03-15T09:00:00Z"


def potassium(value: float, at: str = EARLIER, unit: str = "mmol/L", **fields: Any) -> Resource:
    sent = quantity(value, unit)
    return observation("2823-3", sent, effectiveDateTime=at, id=f"k{at}{value}", **fields)


def asked(*resources: Resource, unit: str = "mmol/L", at: datetime = NOW) -> Fact:
    return latest(read(*resources), "potassium", unit=unit, window="acute", as_of=at)


def shown(fact: Fact) -> list[tuple[float, str, str, str]]:
    return [(i.value, i.unit, i.when.text, i.source.reference) for i in fact.implausible]


@pytest.mark.parametrize("value", [0.4, 14.2, 66])
def test_a_value_beyond_the_plausible_range_has_its_number_its_time_and_its_source(
    value: float,
) -> None:
    fact = asked(potassium(value))
    assert fact.value is None
    assert shown(fact) == [(value, "mmol/L", EARLIER, f"Observation/k{EARLIER}{value}")]
    assert "is not usable: outside the plausible range" in fact.notes[0].text


@pytest.mark.parametrize("value", [1.0, 6.9, 12.0])
def test_one_within_it_is_an_ordinary_value(value: float) -> None:
    fact = asked(potassium(value))
    assert (fact.value, fact.implausible) == (value, ())


def test_a_newer_one_is_told_beside_the_value_that_counts() -> None:
    fact = asked(potassium(4.4), potassium(14.2, LATER))
    assert fact.value == 4.4
    assert [each.value for each in fact.implausible] == [14.2]


def test_one_that_was_followed_by_a_plausible_value_is_settled() -> None:
    assert asked(potassium(14.2), potassium(4.4, LATER)).implausible == ()


def test_the_newest_comes_first_and_what_is_too_old_or_in_the_future_does_not_count() -> None:
    sent = potassium(14.2), potassium(15.5, LATER)
    assert [each.value for each in asked(*sent).implausible] == [15.5, 14.2]
    assert asked(*sent, at=NOW + timedelta(days=30)).implausible == ()
    assert asked(potassium(14.2, "2026-05-01T08:00:00Z")).implausible == ()


def test_it_is_in_the_unit_that_was_asked_for() -> None:
    glucose = observation("2345-7", quantity(5000, "mg/dL"), effectiveDateTime=EARLIER)
    fact = latest(read(glucose), "glucose", unit="mmol/L", window="acute", as_of=NOW)
    (found,) = fact.implausible
    assert (found.unit, round(found.value)) == ("mmol/L", 277)


def test_one_read_from_text_or_out_of_a_panel_is_told_too() -> None:
    in_words = observation("2823-3", ..., valueString="14.2 mmol/L", effectiveDateTime=EARLIER)
    assert [each.value for each in asked(in_words).implausible] == [14.2]
    panel = pressure(38, 20, effectiveDateTime=EARLIER)
    fact = latest(read(panel), "sbp", unit="mm[Hg]", window="acute", as_of=NOW)
    assert [each.value for each in fact.implausible] == [38]


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "entered-in-error"},
        {"status": "cancelled"},
        {"subject": {"reference": "Patient/other"}},
        {"effectiveDateTime": None, "status": "entered-in-error"},
    ],
)
def test_what_is_withdrawn_or_anothers_is_no_value(fields: dict[str, Any]) -> None:
    assert asked(potassium(14.2) | fields).implausible == ()


@pytest.mark.parametrize("value", [6.9, 14.2])
def test_what_does_not_say_when_may_be_of_now(value: float) -> None:
    (undated,) = asked(potassium(value) | {"effectiveDateTime": None}).implausible
    assert (undated.value, undated.why) == (value, NoteCode.TIME_UNKNOWN)
    assert (undated.when.latest, undated.when.text) == (NOW, "undated")


def test_no_score_is_given_it() -> None:
    record = read(potassium(14.2), potassium(4.4, "2026-03-15T07:00:00Z"))
    fact = series(record, "potassium", unit="mmol/L", window="acute", as_of=NOW)
    assert [each.value for each in fact.basis] == [4.4]  # type: ignore[union-attr]
    panel = read(pressure(38, 20, effectiveDateTime=EARLIER))
    mean = mean_of_visits(panel, "sbp", unit="mm[Hg]", visits=2, as_of=NOW)
    assert mean.value is None
    assert [each.value for each in mean.implausible] == [38]


@given(st.floats(min_value=0.01, max_value=500, allow_nan=False))
def test_every_number_is_either_the_value_or_told_as_implausible(value: float) -> None:
    fact = asked(potassium(value))
    assert (fact.value is None) == bool(fact.implausible)
