from datetime import UTC, datetime, timedelta

import pytest

from cds_hooks.census.assessing import Evidence
from cds_hooks.census.flags import changed, resource
from cds_hooks.census.state import OpenFlag

HOUR = datetime(2026, 3, 15, 12, tzinfo=UTC)
NOW = HOUR + timedelta(minutes=7)
PLACE = ("p1", "sepsis-risk")
BOTH = frozenset({"lactate", "heart_rate"})
HELD = OpenFlag(*PLACE, HOUR - timedelta(hours=3), HOUR - timedelta(hours=1), 0.2, BOTH)


def after(held: OpenFlag | None, found: Evidence | None) -> tuple[OpenFlag | None, OpenFlag | None]:
    return changed(held, PLACE, found, limit=0.1, hour=HOUR, now=NOW)


def test_a_risk_at_the_threshold_raises_and_one_below_it_does_not() -> None:
    opened, closed = after(None, Evidence(0.1, BOTH))
    assert opened == OpenFlag(*PLACE, HOUR, NOW, 0.1, BOTH)
    assert closed is None
    assert after(None, Evidence(0.0999, BOTH)) == (None, None)


def test_one_that_is_open_keeps_its_start() -> None:
    opened, _ = after(HELD, Evidence(0.3, BOTH))
    assert opened
    assert (opened.since, opened.assessed) == (HELD.since, NOW)


def test_it_is_closed_by_a_lower_risk_of_as_many_data() -> None:
    opened, closed = after(HELD, Evidence(0.05, BOTH | {"ph"}))
    assert opened is None
    assert closed
    assert closed.risk == 0.05


@pytest.mark.parametrize("found", [None, Evidence(0.05, frozenset({"lactate"}))])
def test_no_assessment_and_one_of_fewer_data_leave_it_as_it_is(found: Evidence | None) -> None:
    assert after(HELD, found) == (HELD, None)


def test_an_active_flag_ends_by_itself_and_says_when_it_was_assessed() -> None:
    made = resource(HELD, "Sepsis risk", now=NOW, hours=4)
    assert (made["status"], made["subject"]) == ("active", {"reference": "Patient/p1"})
    assert made["period"]["end"] == (NOW + timedelta(hours=4)).isoformat().replace("+00:00", "Z")
    assert "last assessed 2026-03-15 11:00" in made["code"]["text"]
    assert "not known to be over" in made["code"]["text"]


def test_the_same_flag_has_the_same_id_in_every_hour_and_another_one_another() -> None:
    later = OpenFlag(*PLACE, HELD.since, NOW, 0.4, BOTH)
    new = OpenFlag(*PLACE, HOUR, NOW, 0.4, BOTH)
    ids = [resource(each, "Sepsis", now=NOW, hours=4)["id"] for each in (HELD, later, new)]
    assert ids[0] == ids[1] != ids[2]
