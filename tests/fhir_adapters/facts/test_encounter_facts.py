"""Facts of the encounters: the stay that is open now, and what came in the year before it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fhir_adapters.facts import facts
from fhir_adapters.facts.fact import Fact, State
from fhir_adapters.record import NoteCode
from fhir_adapters.terminology.value_sets import encounter_facts
from tests.fhir_adapters.sent import SNOMED, Resource, concept, encounter, read, searchset

NOW = datetime(2026, 3, 15, 12, tzinfo=UTC)
UNIT = {"resourceType": "Location", "id": "icu", "type": [concept("309904001", SNOMED)]}
YES_OR_NO = ("inpatient", "intensive_care")


def asked(
    name: str, *resources: Resource, encounter_id: str = "", as_of: datetime = NOW, **given: Any
) -> Fact:
    return facts.encounter(read(*resources, **given), name, encounter_id=encounter_id, as_of=as_of)


def places(*spans: tuple[str | None, str | None]) -> Resource:
    held = [
        {
            "location": {"reference": "Location/icu"},
            "period": {key: text for key, text in (("start", start), ("end", end)) if text},
        }
        for start, end in spans
    ]
    return encounter(location=held)


def visit(id: str, setting: str, start: str, **fields: Any) -> Resource:
    period = {"start": start, "end": start}
    return encounter(setting, id=id, status="finished", period=period, **fields)


def test_an_open_stay_is_an_inpatient_stay() -> None:
    fact = asked("inpatient", encounter())
    assert (fact.state, fact.value, fact.alternatives) == (State.KNOWN, True, ())
    assert [each.source.reference for each in fact.basis] == ["Encounter/e1"]


def test_a_visit_is_no_inpatient_stay() -> None:
    assert asked("inpatient", encounter("EMER")).value is False


def test_a_stay_of_unknown_setting_leaves_open_whether_it_is_an_inpatient_stay() -> None:
    fact = asked("inpatient", encounter("OBSENC"))
    assert (fact.value, fact.alternatives) == (None, (False, True))


@pytest.mark.parametrize("name", YES_OR_NO)
def test_no_stay_on_an_answered_list_is_no(name: str) -> None:
    fact = asked(name)
    assert (fact.state, fact.value, fact.alternatives) == (State.NO_RECORD, False, ())


@pytest.mark.parametrize("name", sorted(encounter_facts()))
def test_encounters_that_were_not_given_leave_everything_open(name: str) -> None:
    fact = asked(name, encounters=None)
    assert (fact.state, fact.value) == (State.NOT_GIVEN, None)
    assert fact.alternatives == ((False, True) if name in YES_OR_NO else ())


def test_the_encounter_in_context_is_the_present_stay() -> None:
    older = encounter("AMB", id="e0", period={"start": "2026-03-01T09:00:00Z"})
    assert asked("inpatient", older, encounter()).value is True
    assert asked("inpatient", older, encounter(), encounter_id="e0").value is False
    assert asked("inpatient", older, encounter(), encounter_id="e9").value is False


@pytest.mark.parametrize(
    "over",
    [
        encounter(status="finished"),
        encounter(status="finished", period={"start": "2026-03-13", "end": "2026-03-14"}),
        encounter(period={"start": "2026-03-13", "end": "2026-03-14"}),
        encounter(period={"start": "2026-03-17"}),
        encounter(period={}),
    ],
)
def test_a_stay_that_is_over_or_has_not_begun_is_not_the_present_one(over: Resource) -> None:
    assert asked("inpatient", over).value is False


def test_a_stay_in_context_that_is_over_is_no_inpatient_stay() -> None:
    over = encounter(period={"start": "2026-03-13", "end": "2026-03-14"})
    assert asked("inpatient", over, encounter_id="e1").value is False


def test_the_days_in_hospital_count_from_the_admission() -> None:
    fact = asked("inpatient_days", encounter())
    assert (fact.value, fact.unit) == (2.0, "d")
    assert asked("inpatient_days", encounter("EMER")).value is None
    assert asked("inpatient_days", encounter(), as_of=NOW - timedelta(days=2, hours=1)).value == 0


def test_intensive_care_is_given_now_where_a_stay_there_goes_on() -> None:
    assert asked("intensive_care", places(("2026-03-14T12:00:00Z", None)), UNIT).value is True


def test_intensive_care_is_over_when_its_last_place_was_left() -> None:
    left = places(("2026-03-13T12:00:00Z", "2026-03-14T12:00:00Z"))
    assert asked("intensive_care", left, UNIT).value is False
    assert asked("intensive_care_hours", left, UNIT).value is None


def test_intensive_care_that_is_only_to_come_is_not_given_now() -> None:
    assert asked("intensive_care", places(("2026-03-16T12:00:00Z", None)), UNIT).value is False


def test_where_no_place_is_told_intensive_care_is_unknown() -> None:
    fact = asked("intensive_care", encounter())
    assert (fact.value, fact.alternatives) == (None, (False, True))
    assert [note.code for note in fact.notes] == [NoteCode.ESTIMATED]


def test_the_hours_of_intensive_care_count_from_its_beginning() -> None:
    fact = asked("intensive_care_hours", places(("2026-03-14T06:00:00Z", None)), UNIT)
    assert (fact.value, fact.unit) == (30.0, "h")
    assert asked("intensive_care_hours", places((None, None)), UNIT).value is None


@pytest.mark.parametrize(
    ("left", "hours"),
    [
        ("2026-03-14T12:00:00Z", 36.0),
        ("2026-03-14T11:00:00Z", 36.0),
        ("2026-03-14T10:59:00Z", 24.0),
    ],
)
def test_a_transfer_between_units_does_not_begin_intensive_care_anew(
    left: str, hours: float
) -> None:
    moved = places(("2026-03-14T00:00:00Z", left), ("2026-03-14T12:00:00Z", None))
    assert asked("intensive_care_hours", moved, UNIT).value == hours


@pytest.mark.parametrize(
    ("setting", "name"),
    [("IMP", "inpatient_visits"), ("EMER", "emergency_visits"), ("AMB", "outpatient_visits")],
)
def test_visits_of_the_year_before_the_stay_are_counted(setting: str, name: str) -> None:
    visits = (
        visit("v1", setting, "2025-03-14T12:00:00Z"),
        visit("v2", setting, "2026-03-01T12:00:00Z"),
        visit("v3", setting, "2025-03-10T12:00:00Z"),
        visit("v4", "FLD" if setting == "IMP" else "IMP", "2026-01-01T12:00:00Z"),
    )
    fact = asked(name, encounter(), *visits)
    assert (fact.value, fact.unit, len(fact.basis)) == (2.0, "{#}", 2)
    assert asked(name, encounter()).value == 0.0


def test_a_page_that_may_go_on_counts_only_if_it_reaches_back_a_year() -> None:
    recent, old = visit("v1", "IMP", "2026-01-01"), visit("v2", "IMP", "2024-01-01")
    more = [{"relation": "next", "url": "https://ehr.example/next"}]

    def paged(*resources: Resource) -> Fact:
        return asked("inpatient_visits", encounters=searchset(*resources, link=more))

    assert paged(encounter(), recent, old).value == 1.0
    fact = paged(encounter(), recent)
    assert (fact.state, fact.value) == (State.NOT_GIVEN, None)
    assert [note.code for note in fact.notes] == [NoteCode.TRUNCATED]


@pytest.mark.parametrize("name", ["inpatient_visits", "most_inpatient_visits"])
def test_a_stay_without_a_beginning_has_no_year_before(name: str) -> None:
    assert asked(name, encounter(period={}), encounter_id="e1").value is None


def test_the_most_visits_are_those_of_the_worst_year_before_any_stay() -> None:
    visits = (
        visit("v1", "EMER", "2022-03-01"),
        visit("v2", "EMER", "2022-05-01"),
        visit("v3", "IMP", "2022-06-01"),
        visit("v4", "EMER", "2026-01-01"),
    )
    fact = asked("most_emergency_visits", encounter(), *visits)
    assert (fact.value, fact.unit) == (2.0, "{#}")
    assert {each.source.reference for each in fact.basis} == {"Encounter/v1", "Encounter/v2"}
    assert asked("most_inpatient_visits", encounter(), *visits).value == 0.0
    assert asked("most_emergency_visits", encounter(), *visits[:2], visits[3]).value == 1.0


def test_the_most_visits_are_unknown_where_the_list_may_go_on() -> None:
    sent = searchset(
        encounter(),
        visit("v1", "IMP", "2024-01-01"),
        link=[{"relation": "next", "url": "https://ehr.example/next"}],
    )
    fact = asked("most_inpatient_visits", encounters=sent)
    assert (fact.state, fact.value) == (State.NOT_GIVEN, None)


def test_what_the_encounter_does_not_say_is_not_known() -> None:
    fact = asked("discharge_disposition", encounter())
    assert (fact.state, fact.value, fact.alternatives) == (State.NO_RECORD, None, ())
