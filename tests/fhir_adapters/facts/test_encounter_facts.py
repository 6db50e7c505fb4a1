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
STAYS = ("inpatient", "acute_visit", "hospital_stay", "intensive_care")
YES_OR_NO = (*STAYS, "urgent_admission")


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


@pytest.mark.parametrize("name", STAYS)
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


@pytest.mark.parametrize(
    ("kind", "acute"), [("IMP", True), ("EMER", True), ("AMB", False), ("OBSENC", None)]
)
def test_a_visit_under_way_is_acute_in_hospital_and_in_an_emergency(
    kind: str, acute: bool | None
) -> None:
    assert asked("acute_visit", encounter(kind)).value is acute
    over = encounter(kind, period={"start": "2026-03-13", "end": "2026-03-14"})
    assert asked("acute_visit", over, encounter_id="e1").value is False


def test_a_stay_in_context_that_is_over_is_no_inpatient_stay() -> None:
    over = encounter(period={"start": "2026-03-13", "end": "2026-03-14"})
    assert asked("inpatient", over, encounter_id="e1").value is False


def test_the_days_in_hospital_count_from_the_admission() -> None:
    fact = asked("inpatient_days", encounter())
    assert (fact.value, fact.unit) == (2.0, "d")
    assert asked("inpatient_days", encounter("EMER")).value is None
    assert asked("inpatient_days", encounter(), as_of=NOW - timedelta(days=2, hours=1)).value == 0


def test_the_days_in_hospital_end_with_the_stay() -> None:
    over = encounter(period={"start": "2026-03-13T12:00:00Z", "end": "2026-03-14T12:00:00Z"})
    assert asked("inpatient_days", over, encounter_id="e1").value == 1.0


@pytest.mark.parametrize(
    ("start", "end", "held"),
    [
        ("2026-03-13T12:00:00Z", None, True),
        ("2026-03-13T12:00:00Z", "2026-03-16T12:00:00Z", True),
        ("2026-03-13T12:00:00Z", "2026-03-15T11:00:00Z", True),
        ("2026-03-15T08:00:00Z", "2026-03-15T11:00:00Z", True),
        ("2026-03-13T12:00:00Z", "2026-03-14T12:00:00Z", True),
        ("2026-03-13T12:00:00Z", "2026-03-14T11:59:59Z", False),
        ("2026-03-17T12:00:00Z", "2026-03-18T12:00:00Z", False),
    ],
)
def test_a_stay_is_being_discharged_while_it_goes_on_and_for_a_day_after(
    start: str, end: str | None, held: bool
) -> None:
    period = {"start": start} | ({"end": end} if end else {})
    status = "finished" if end else "in-progress"
    stay = encounter(status=status, period=period)
    assert asked("hospital_stay", stay, encounter_id="e1").value is held


def test_a_finished_stay_without_an_end_may_be_the_one_that_is_discharged() -> None:
    stay = encounter(status="finished", period={"start": "2026-03-13"})
    fact = asked("hospital_stay", stay, encounter_id="e1")
    assert (fact.value, fact.alternatives) == (None, (False, True))


def test_an_emergency_visit_is_no_hospital_stay_and_one_of_unknown_setting_may_be() -> None:
    assert asked("hospital_stay", encounter("EMER")).value is False
    assert asked("hospital_stay", encounter("OBSENC")).alternatives == (False, True)


ACT_PRIORITY = "http://terminology.hl7.org/CodeSystem/v3-ActPriority"
ADMIT_SOURCE = "http://terminology.hl7.org/CodeSystem/admit-source"


def admitted(priority: str = "", source: str = "", setting: str = "IMP") -> Resource:
    told = {"priority": concept(priority, ACT_PRIORITY)} if priority else {}
    if source:
        told["hospitalization"] = {"admitSource": concept(source, ADMIT_SOURCE)}
    return encounter(setting, **told)


@pytest.mark.parametrize(
    ("stay", "urgent"),
    [
        (admitted("EM"), True),
        (admitted("UR"), True),
        (admitted("EL"), False),
        (admitted("EL", "emd"), False),
        (admitted("", "emd"), True),
        (admitted("", "", "EMER"), True),
    ],
)
def test_an_admission_is_urgent_by_its_priority_or_else_from_the_emergency_department(
    stay: Resource, urgent: bool
) -> None:
    assert asked("urgent_admission", stay).value is urgent


@pytest.mark.parametrize("stay", [admitted(), admitted("", "gp"), admitted("CR")])
def test_where_neither_is_told_an_admission_may_have_been_urgent(stay: Resource) -> None:
    fact = asked("urgent_admission", stay)
    assert (fact.value, fact.alternatives) == (None, (False, True))


def test_without_a_stay_nothing_is_said_of_its_urgency() -> None:
    fact = asked("urgent_admission")
    assert (fact.value, fact.alternatives) == (None, (False, True))


def test_emergency_visits_of_the_six_months_before_are_counted() -> None:
    visits = (
        visit("v1", "EMER", "2025-09-11T11:59:00Z"),
        visit("v2", "EMER", "2025-09-11T12:00:00Z"),
        visit("v3", "EMER", "2026-03-01T12:00:00Z"),
        visit("v4", "AMB", "2026-03-02T12:00:00Z"),
    )
    fact = asked("recent_emergency_visits", encounter(), *visits)
    assert (fact.value, fact.unit) == (2.0, "{#}")
    assert {each.source.reference for each in fact.basis} == {"Encounter/v2", "Encounter/v3"}


@pytest.mark.parametrize(
    ("start", "end", "counted"),
    [
        ("2026-03-13T06:00:00Z", "2026-03-13T11:00:00Z", 0),
        ("2026-03-13T06:00:00Z", "2026-03-14T11:00:00Z", 0),
        ("2026-03-12T06:00:00Z", "2026-03-12T12:00:00Z", 0),
        ("2026-03-12T06:00:00Z", "2026-03-12T11:59:59Z", 1),
        ("2026-03-13T06:00:00Z", None, 0),
        ("2026-03-02T06:00:00Z", None, 1),
    ],
)
def test_the_emergency_visit_that_led_to_the_stay_is_not_counted(
    start: str, end: str | None, counted: int
) -> None:
    period = {"start": start} | ({"end": end} if end else {})
    before = encounter("EMER", id="v1", status="finished", period=period)
    assert asked("recent_emergency_visits", encounter(), before).value == counted


def test_a_page_that_may_go_on_counts_recent_visits_only_if_it_reaches_back_six_months() -> None:
    recent, old = visit("v1", "EMER", "2026-01-01"), visit("v2", "AMB", "2025-08-01")
    more = [{"relation": "next", "url": "https://ehr.example/next"}]
    whole = searchset(encounter(), recent, old, link=more)
    assert asked("recent_emergency_visits", encounters=whole).value == 1.0
    cut = asked("recent_emergency_visits", encounters=searchset(encounter(), recent, link=more))
    assert (cut.state, cut.value) == (State.NOT_GIVEN, None)


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


@pytest.mark.parametrize(
    "name", ["inpatient_visits", "most_inpatient_visits", "recent_emergency_visits"]
)
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
