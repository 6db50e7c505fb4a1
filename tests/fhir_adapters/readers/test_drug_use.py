"""A drug counts by what it is used as: where it acts, at what dose, for how long, or not at all."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fhir_adapters.facts.facts import Fact, State, medication
from fhir_adapters.readers.unplaced import doubts
from fhir_adapters.record import DropCode, NoteCode, RecordedMedication
from tests.fhir_adapters.sent import SNOMED, Resource, concept, order, read

PROPHYLAXIS = frozenset({"heparin_prophylaxis"})
HEPARINS = frozenset({"heparin", "enoxaparin"})
TREATMENT = frozenset({"anticoagulant"})
DIRECT = TREATMENT | {"doac", "apixaban"}
NOW = datetime(2026, 3, 15, 12, tzinfo=UTC)


def named(text: str, **fields: Any) -> Resource:
    return order(medicationCodeableConcept={"text": text}, **fields)


def taken(*orders: Resource) -> RecordedMedication:
    record = read(*orders)
    (found,) = record.medications
    assert record.dropped == ()
    return found


def listed(name: str, *orders: Resource, at: datetime = NOW) -> Fact:
    return medication(read(*orders), name, as_of=at)


def is_on_the_list(fact: Fact) -> bool:
    return fact.value is True and not fact.alternatives


def said(text: str, **fields: Any) -> dict[str, Any]:
    return {"dosageInstruction": [{"text": text} | fields]}


@pytest.mark.parametrize(
    "text",
    [
        "diclofenac sodium 1 % topical gel",
        "diclofenac epolamine 1.3 % patch",
        "diclofenac 140 mg medicated plaster",
        "Diclofenac 4 % cutaneous spray",
        "diclofenac 3 % gel in capsule-shaped tube",
        "ibuprofen 5 % foam",
        "ketoprofen 1 % transdermal system",
        "flurbiprofen 8.75 mg lozenge",
        "ketorolac 0.5 % eye drops",
        "diclofenac ophthalmic",
    ],
)
def test_an_nsaid_that_acts_where_it_is_put_is_none_for_the_body(text: str) -> None:
    (dropped,) = read(named(text)).dropped
    assert dropped.code is DropCode.OTHER_DRUG
    assert not listed("nsaid", named(text)).value


@pytest.mark.parametrize(
    "text",
    [
        "indomethacin 100 mg suppository",
        "diclofenac 50 mg tablet",
        "ibuprofen 20 mg/mL oral suspension",
        "ketorolac nasal spray",
        "diclofenac 75 mg/3 mL injection",
        "ibuprofen",
    ],
)
def test_one_that_is_absorbed_is(text: str) -> None:
    assert taken(named(text)).classes == {"nsaid"}


def test_the_form_of_a_coded_drug_and_its_route_count_too() -> None:
    coded = {"coding": [{"system": "http://www.whocc.no/atc", "code": "M01AB05"}]}
    assert taken(order(medicationCodeableConcept=coded)).classes == {"nsaid"}
    gel = order(medicationCodeableConcept=coded | {"text": "Voltarol gel"})
    assert read(gel).medications == ()
    for route in (concept("6064005", SNOMED), {"text": "Ophthalmic"}, concept("45890007", SNOMED)):
        on_skin = order(medicationCodeableConcept=coded, dosageInstruction=[{"route": route}])
        assert read(on_skin).medications == ()
    by_mouth = order(
        medicationCodeableConcept=coded | {"text": "gel"},
        dosageInstruction=[{"route": concept("26643006", SNOMED)}],
    )
    assert taken(by_mouth).classes == {"nsaid"}


def test_the_form_of_a_medication_elsewhere_counts() -> None:
    drug = {
        "resourceType": "Medication",
        "id": "d",
        "code": {"text": "diclofenac"},
        "form": {"text": "cutaneous patch"},
    }
    pointing = order(medicationCodeableConcept=..., medicationReference={"reference": "#d"})
    assert read(pointing | {"contained": [drug]}).medications == ()


@pytest.mark.parametrize("text", ["minoxidil 5 % scalp foam", "timolol 0.5 % eye drops"])
def test_so_it_is_for_what_lowers_blood_pressure(text: str) -> None:
    assert read(named(text)).medications == ()


def test_a_patch_of_another_drug_acts_on_the_whole_body() -> None:
    assert taken(named("clonidine 0.1 mg/24 h patch")).classes == {"antihypertensive"}


def test_words_of_the_instructions_do_not_tell_the_form() -> None:
    use = said("hold if blood pressure drops; use the cream as well")
    assert taken(named("metoprolol 50 mg", **use)).classes == {"antihypertensive", "beta_blocker"}


@pytest.mark.parametrize(
    "text",
    [
        "heparin lock flush 10 units/mL",
        "heparin sodium, porcine 10 UNT/ML flush",
        "Heparin 100 units/mL catheter lock",
    ],
)
def test_a_heparin_that_flushes_a_line_is_a_class_of_its_own(text: str) -> None:
    assert taken(named(text)).classes == {"heparin_flush", "heparin"}
    assert listed("anticoagulant", named(text)).state is State.NO_RECORD


def test_to_flush_may_be_said_in_the_instructions() -> None:
    use = said("flush port after use")
    assert taken(named("heparin 100 units/mL", **use)).classes == {"heparin_flush", "heparin"}


def test_no_other_drug_becomes_a_flush() -> None:
    assert taken(named("apixaban 5 mg", **said("may cause flush"))).classes == DIRECT


DAILY = {"timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}}}
TWICE = {"timing": {"code": {"coding": [{"code": "BID"}]}}}


def at(value: float, unit: str, **fields: Any) -> dict[str, Any]:
    quantity = {"doseAndRate": [{"doseQuantity": {"value": value, "unit": unit}}]}
    return {"dosageInstruction": [quantity | fields]}


@pytest.mark.parametrize(
    "sent",
    [
        named("enoxaparin", **at(40, "mg", **DAILY)),
        named("enoxaparin 40 mg/0.4 mL", **said("40 mg once daily")),
        named("0.4 ML enoxaparin sodium 100 MG/ML Prefilled Syringe", **said("every 24 hours")),
        named("enoxaparin", **at(30, "mg", **TWICE)),
        named("enoxaparin 4,000 IU once daily"),
        named("dalteparin 5000 units", **said("once daily")),
        named("tinzaparin 4500 IE", **said("daily")),
        named("fondaparinux 2.5 mg", **said("daily")),
        named("heparin 5,000 units", **said("subcutaneously every 8 hours")),
    ],
)
def test_a_heparin_at_a_prophylactic_dose_is_no_treatment(sent: Resource) -> None:
    found = taken(sent)
    assert (found.classes - HEPARINS, found.may_be) == (PROPHYLAXIS, frozenset())
    fact = listed("anticoagulant", sent)
    assert (fact.value, tuple(doubts(fact.notes))) == (False, ())


@pytest.mark.parametrize(
    "sent",
    [
        named("enoxaparin", **at(80, "mg", **TWICE)),
        named("enoxaparin", **at(60, "mg", **DAILY)),
        named("enoxaparin", **at(40, "mg", **TWICE)),
        named("enoxaparin 100 mg/1 mL"),
        named("dalteparin 10,000 units", **said("once daily")),
        named("fondaparinux 7.5 mg", **said("daily")),
        named("heparin 5000 units", **said("continuous infusion")),
        named("heparin 25,000 units/250 mL"),
        named("enoxaparin"),
    ],
)
def test_one_at_a_higher_or_unknown_dose_is_an_anticoagulant(sent: Resource) -> None:
    assert taken(sent).classes - HEPARINS == TREATMENT


def test_a_strength_without_times_leaves_open_what_it_is_for() -> None:
    syringe = named("enoxaparin sodium 40 MG/0.4 ML prefilled syringe")
    found = taken(syringe)
    assert (found.classes, found.may_be) == (PROPHYLAXIS | HEPARINS, TREATMENT)
    assert NoteCode.DOSE_ASSUMED in {note.code for note in found.notes}
    fact = listed("anticoagulant", syringe)
    assert fact.value is False
    assert list(doubts(fact.notes)) == [
        "an order is on the list, but its dose leaves open what it is for"
    ]


@pytest.mark.parametrize(
    ("sent", "classes"),
    [
        (named("aspirin 81 MG Oral Tablet"), {"antiplatelet"}),
        (named("aspirin 75 mg", **said("once daily")), {"antiplatelet"}),
        (named("aspirin 325 mg", **said("daily")), {"antiplatelet"}),
        (named("aspirin 325 mg", **said("every 6 hours")), {"antiplatelet", "nsaid"}),
        (named("aspirin 500 MG Oral Tablet"), {"antiplatelet", "nsaid"}),
        (named("aspirin 300 mg", **said("", asNeededBoolean=True)), {"antiplatelet", "nsaid"}),
        (named("aspirin"), {"antiplatelet"}),
    ],
)
def test_aspirin_is_an_nsaid_too_at_the_dose_for_pain(sent: Resource, classes: set[str]) -> None:
    assert taken(sent).classes == classes


@pytest.mark.parametrize(
    "fields",
    [
        {"asNeededBoolean": True},
        {"asNeeded": True},
        {"asNeededCodeableConcept": {"text": "pain"}},
    ],
)
def test_what_is_taken_as_needed_is_on_the_list_and_says_so(fields: dict[str, Any]) -> None:
    found = taken(named("ibuprofen 400 mg", dosageInstruction=[fields]))
    assert found.classes == {"nsaid"}
    assert NoteCode.AS_NEEDED in {note.code for note in found.notes}


@pytest.mark.parametrize(
    "text", ["STOP apixaban", "stopped: apixaban 5 mg", "Do not take apixaban"]
)
def test_an_order_to_stop_a_drug_is_not_to_take_it(text: str) -> None:
    (dropped,) = read(named(text)).dropped
    assert (dropped.code, dropped.text) == (DropCode.NOT_TAKEN, "its text says to stop it")
    fact = listed("anticoagulant", named(text))
    assert (fact.value, tuple(doubts(fact.notes))) == (False, ())


def test_an_order_to_hold_a_drug_is_on_hold() -> None:
    (dropped,) = read(named("Hold apixaban")).dropped
    assert (dropped.code, dropped.may_be) == (DropCode.ON_HOLD, DIRECT)


@pytest.mark.parametrize("text", ["STOP", "Stop taking this medicine", "discontinue today"])
def test_it_may_be_said_in_the_instructions(text: str) -> None:
    (dropped,) = read(named("apixaban 5 mg", **said(text))).dropped
    assert dropped.code is DropCode.NOT_TAKEN
    (dropped,) = read(named("apixaban 5 mg", **said("Hold until further notice"))).dropped
    assert dropped.code is DropCode.ON_HOLD


@pytest.mark.parametrize(
    "text",
    [
        "Stop 2 days before surgery",
        "stop if bleeding",
        "Hold for SBP < 100",
        "discontinue when INR is above 2",
        "1 tablet twice daily; stop in case of bleeding",
    ],
)
def test_to_stop_in_a_case_is_said_of_what_is_taken(text: str) -> None:
    assert taken(named("apixaban 5 mg", **said(text))).classes == DIRECT


def test_a_word_in_the_middle_of_a_name_stops_nothing() -> None:
    assert taken(named("apixaban 5 mg stop smoking pack")).classes == DIRECT


def bounded(start: str, end: str) -> dict[str, Any]:
    return {
        "dosageInstruction": [
            {"timing": {"repeat": {"boundsPeriod": {"start": start, "end": end}}}}
        ]
    }


def test_an_order_whose_period_has_ended_is_not_on_the_list_and_says_so() -> None:
    ended = order(**bounded("2026-01-05", "2026-01-10"))
    fact = listed("statin", ended)
    assert (fact.state, fact.value) == (State.NO_RECORD, False)
    assert [note.text for note in fact.notes] == ["an order of it ended on 2026-01-10"]
    assert is_on_the_list(listed("statin", order(**bounded("2026-01-05", "2026-03-20"))))
    assert is_on_the_list(listed("statin", ended, order(id="m2")))


def test_a_statement_ends_with_its_period() -> None:
    statement = order(
        resourceType="MedicationStatement",
        effectivePeriod={"start": "2025-12-01", "end": "2026-01-10"},
        dateAsserted="2026-01-05",
    )
    assert listed("statin", statement).value is False


def supply(days: float, **fields: Any) -> dict[str, Any]:
    lasting = {"value": days, "unit": "days", "code": "d"}
    return {"dispenseRequest": {"expectedSupplyDuration": lasting} | fields}


@pytest.mark.parametrize(
    ("fields", "on_it"),
    [
        (supply(90), True),
        (supply(30), False),
        (supply(30, numberOfRepeatsAllowed=2), True),
        (supply(5), False),
        ({"dispenseRequest": {"validityPeriod": {"end": "2026-02-01"}}}, False),
        ({"dispenseRequest": {"validityPeriod": {"end": "2026-04-01"}}}, True),
        ({"dispenseRequest": {}}, True),
        (
            {
                "dosageInstruction": [
                    {"timing": {"repeat": {"boundsDuration": {"value": 5, "code": "d"}}}}
                ]
            },
            False,
        ),
        (
            {
                "dosageInstruction": [
                    {"timing": {"repeat": {"boundsDuration": {"value": 1, "unit": "year"}}}}
                ]
            },
            True,
        ),
        (supply(-5), True),
        ({"dosageInstruction": [7, {"timing": "x"}]}, True),
    ],
)
def test_what_has_run_out_is_perhaps_no_longer_taken(fields: dict[str, Any], on_it: bool) -> None:
    fact = listed("statin", order(**fields))
    assert is_on_the_list(fact) is on_it
    if not on_it:
        assert fact.alternatives == (True, False)
        assert "perhaps no longer taken" in fact.notes[0].text


def test_a_refill_may_come_as_late_as_the_supply_lasted() -> None:
    at_first = datetime(2026, 1, 5, tzinfo=UTC)
    fields = supply(10)
    assert is_on_the_list(listed("statin", order(**fields), at=at_first + timedelta(days=20)))
    late = listed("statin", order(**fields), at=at_first + timedelta(days=22))
    assert not is_on_the_list(late)


def test_that_a_drug_was_stopped_within_the_year_is_said() -> None:
    fact = listed("statin", order(status="stopped", statusReason={"text": "x"}))
    assert (fact.state, fact.value, tuple(doubts(fact.notes))) == (State.NO_RECORD, False, ())
    assert [(note.code, note.text) for note in fact.notes] == [
        (NoteCode.STOPPED, "ordered on 2026-01-05, since stopped, with a reason recorded")
    ]
    assert listed("statin", order(status="stopped", authoredOn="2020-01-05")).notes == ()
    assert listed("statin", order(status="completed")).notes == ()
    assert listed("anticoagulant", order(status="stopped")).notes == ()
