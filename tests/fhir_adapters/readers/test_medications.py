"""Medication: only what is ordered or said to be taken now, by code, ingredient or whole word."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fhir_adapters.record import (
    DropCode,
    Dropped,
    Note,
    NoteCode,
    RecordedMedication,
    Source,
    When,
)
from fhir_adapters.terminology.site import site_map
from tests.fhir_adapters.sent import (
    ATC,
    RXNORM,
    SITE,
    SUBJECT,
    Resource,
    concept,
    dropped,
    order,
    read,
    searchset,
)

STATUS_ASSUMED = Note(NoteCode.STATUS_ASSUMED, "its status is not stated: taken as active")
REPORTED = Note(NoteCode.SELF_REPORTED, "reported, not prescribed here")
BY_NAME = Note(NoteCode.BY_NAME, "recognised by its name, not by a code")
STATIN = frozenset({"statin"})
DRUG = {"resourceType": "Medication", "id": "d1", "code": concept("C10AA05", ATC)}


def day(year: int, month: int, of_month: int) -> When:
    start = datetime(year, month, of_month, tzinfo=UTC)
    return When(start, start + timedelta(days=1, microseconds=-1))


def listed(*resources: Resource) -> RecordedMedication:
    record = read(*resources)
    (found,) = record.medications
    assert record.dropped == ()
    return found


def reason(resource: Resource) -> tuple[DropCode, str]:
    found = dropped(resource)
    return found.code, found.text


def statement(**fields: Any) -> Resource:
    made = order(authoredOn=..., intent=..., dateAsserted="2026-02-01", **fields)
    return made | {"resourceType": "MedicationStatement"}


def pointing(reference: str | None = None, **fields: Any) -> Resource:
    pointer = {"reference": reference, "display": fields.pop("display", None)}
    return order(medicationCodeableConcept=..., medicationReference=pointer, **fields)


def test_an_order_is_its_classes_and_its_date() -> None:
    assert listed(order()) == RecordedMedication(
        STATIN, Source("MedicationRequest/m1", "C10AA05"), day(2026, 1, 5), ()
    )


@pytest.mark.parametrize("status", ["completed", "stopped", "cancelled", "draft", "ended"])
def test_an_order_that_is_not_active_is_not_taken(status: str) -> None:
    assert dropped(order(status=status)) == Dropped(
        Source("MedicationRequest/m1", "C10AA05"),
        DropCode.NOT_TAKEN,
        f"its status is {status}",
        when=day(2026, 1, 5),
        key="medications",
        may_be=STATIN,
    )


def test_an_order_on_hold_is_on_the_list_but_not_taken() -> None:
    found = dropped(order(status="on-hold"))
    assert (found.code, found.text) == (DropCode.ON_HOLD, "its status is on-hold")
    assert found.may_be == STATIN


def test_whether_an_order_of_unknown_status_is_taken_is_unknown() -> None:
    found = dropped(order(status="unknown"))
    assert (found.code, found.text) == (DropCode.STATUS_UNKNOWN, "its status is unknown")
    assert found.may_be == STATIN


def test_an_unknown_status_is_not_repeated() -> None:
    found = reason(order(status="ask <b>Mrs Smith</b>"))
    assert found == (DropCode.STATUS_UNKNOWN, "its status is not a known one")


def test_that_an_order_was_stopped_for_a_reason_is_told_without_the_reason() -> None:
    found = reason(order(status="stopped", statusReason={"text": "Mrs Smith fell"}))
    assert found == (DropCode.NOT_TAKEN, "its status is stopped, with a reason recorded")
    assert reason(order(status="stopped", statusReason=[concept("fell")])) == found


def test_an_order_entered_in_error_is_dropped() -> None:
    found = reason(order(status="entered-in-error"))
    assert found == (DropCode.STATUS, "its status is entered-in-error")


@pytest.mark.parametrize("status", [..., None, ""])
def test_a_missing_status_is_taken_as_active_and_flagged(status: object) -> None:
    assert listed(order(status=status)).notes == (STATUS_ASSUMED,)


@pytest.mark.parametrize(
    "intent",
    ["order", "original-order", "instance-order", "reflex-order", "filler-order", ..., None],
)
def test_an_order_is_an_order(intent: object) -> None:
    assert listed(order(intent=intent)).classes == STATIN


@pytest.mark.parametrize("intent", ["proposal", "plan", "option", "directive"])
def test_a_proposal_or_plan_is_not_taken(intent: str) -> None:
    assert reason(order(intent=intent)) == (
        DropCode.NOT_TAKEN,
        "proposed or planned, not ordered",
    )


def test_an_order_not_to_give_it_is_a_negative() -> None:
    assert reason(order(doNotPerform=True)) == (DropCode.NEGATED, "an order not to give it")
    assert listed(order(doNotPerform=False)).classes == STATIN


@pytest.mark.parametrize(
    "fields",
    [
        {"reportedBoolean": True},
        {"reported": True},
        {"reportedReference": {"reference": "Patient/p1"}},
    ],
)
def test_a_reported_order_is_labelled(fields: dict[str, Any]) -> None:
    assert listed(order(**fields)).notes == (REPORTED,)
    assert listed(order(reportedBoolean=False)).notes == ()


def test_another_patients_medication_is_never_used() -> None:
    assert reason(order(subject={"reference": "Patient/p2"}))[0] is DropCode.WRONG_PATIENT
    assert reason(order(subject=...))[0] is DropCode.NO_SUBJECT
    assert listed(order(subject=..., patient=SUBJECT)).classes == STATIN


def test_one_that_means_something_else_is_dropped() -> None:
    assert reason(order(modifierExtension=[{"url": "urn:x"}]))[0] is DropCode.MODIFIER
    assert reason(order(implicitRules="urn:x"))[0] is DropCode.IMPLICIT_RULES


@pytest.mark.parametrize("authored", [..., None, "last week"])
def test_an_order_without_date_is_not_dated(authored: object) -> None:
    assert listed(order(authoredOn=authored)).authored is None


def test_a_medication_order_of_dstu2_is_read() -> None:
    sent = order(authoredOn=..., intent=..., subject=..., patient=SUBJECT)
    found = listed(sent | {"resourceType": "MedicationOrder", "dateWritten": "2025-01-02"})
    assert (found.classes, found.authored) == (STATIN, day(2025, 1, 2))
    undated = listed(sent | {"resourceType": "MedicationOrder"})
    assert undated.authored is None
    assert undated.notes == ()


@pytest.mark.parametrize("status", ["active", "recorded"])
def test_a_statement_that_it_is_taken_is_read(status: str) -> None:
    found = listed(statement(status=status))
    assert found == RecordedMedication(
        STATIN, Source("MedicationStatement/m1", "C10AA05"), day(2026, 2, 1), ()
    )


@pytest.mark.parametrize("status", ["completed", "intended", "stopped", "not-taken"])
def test_a_statement_that_it_is_not_taken_is_not(status: str) -> None:
    assert reason(statement(status=status)) == (DropCode.NOT_TAKEN, f"its status is {status}")


@pytest.mark.parametrize(
    "fields",
    [
        {"wasNotTaken": True},
        {"taken": "n"},
        {"adherence": {"code": concept("not-taking")}},
        {"adherence": {"code": concept("stopped-as-directed")}},
    ],
)
def test_every_version_may_say_that_it_is_not_taken(fields: dict[str, Any]) -> None:
    assert reason(statement(**fields)) == (DropCode.NOT_TAKEN, "said not to be taken")


@pytest.mark.parametrize(
    "fields",
    [
        {"wasNotTaken": False},
        {"taken": "y"},
        {"taken": "na"},
        {"adherence": {"code": concept("taking")}},
        {"adherence": {}},
    ],
)
def test_or_that_it_is(fields: dict[str, Any]) -> None:
    assert listed(statement(**fields)).classes == STATIN


def test_a_statement_may_say_that_it_is_on_hold_or_that_nobody_knows() -> None:
    held = reason(statement(adherence={"code": concept("on-hold-as-directed")}))
    assert held == (DropCode.ON_HOLD, "said to be on hold")
    unknown = DropCode.STATUS_UNKNOWN, "whether it is taken is said not to be known"
    assert reason(statement(taken="unk")) == unknown
    assert reason(statement(adherence={"code": concept("unknown")})) == unknown


def test_every_coding_of_an_adherence_counts_and_the_safest_wins() -> None:
    both = {"coding": [{"code": "taking"}, {"code": "not-taking"}]}
    assert reason(statement(adherence={"code": both}))[0] is DropCode.NOT_TAKEN


@pytest.mark.parametrize(
    ("fields", "authored"),
    [
        ({"dateAsserted": "2026-02-01", "effectiveDateTime": "2020-01-01"}, day(2026, 2, 1)),
        ({"effectivePeriod": {"start": "2025-01-01"}}, day(2025, 1, 1)),
        ({"effectivePeriod": {"start": "2025-01-01", "end": "2025-02-01"}}, day(2025, 2, 1)),
        ({"effectiveDateTime": "2025-03-01"}, day(2025, 3, 1)),
        ({}, None),
    ],
)
def test_a_statement_is_as_old_as_its_assertion(
    fields: dict[str, Any], authored: When | None
) -> None:
    sent = statement() | {"dateAsserted": None} | fields
    assert listed(sent).authored == authored


@pytest.mark.parametrize("source", [{"reference": "Patient/p1"}, [{"type": "RelatedPerson"}]])
def test_a_statement_by_the_patient_is_labelled(source: object) -> None:
    assert listed(statement(informationSource=source)).notes == (REPORTED,)


@pytest.mark.parametrize("source", [None, [], {"reference": "Practitioner/1"}])
def test_a_statement_by_others_is_not(source: object) -> None:
    assert listed(statement(informationSource=source)).notes == ()


@pytest.mark.parametrize(
    ("code", "system", "classes"),
    [
        ("C10AA05", ATC, STATIN),
        ("c10aa", ATC, STATIN),
        ("83367", RXNORM, STATIN),
        ("860975", RXNORM, frozenset({"metformin", "glucose_lowering"})),
        ("C09AA02", ATC, frozenset({"antihypertensive", "raas", "ace_inhibitor"})),
    ],
)
def test_a_drug_is_known_by_atc_prefix_ingredient_or_clinical_drug(
    code: str, system: str, classes: frozenset[str]
) -> None:
    found = listed(order(code, system))
    assert (found.classes, found.notes) == (classes, ())


@pytest.mark.parametrize(
    "drug",
    [
        {"text": "Simvastatin 20 mg tablet"},
        {"coding": [{"system": RXNORM, "code": "999999", "display": "SIMVASTATIN 20 MG"}]},
        {"coding": [{"code": "83367"}], "text": "simvastatin"},
    ],
)
def test_else_by_a_whole_word_of_its_name_and_that_is_noted(drug: dict[str, Any]) -> None:
    found = listed(order(medicationCodeableConcept=drug))
    assert (found.classes, found.notes) == (STATIN | {"simvastatin"}, (BY_NAME,))


@pytest.mark.parametrize("drug", [{"text": "Nosimvastatinum"}, concept("999999", RXNORM), {}, ...])
def test_a_drug_that_is_not_recognised_stays_on_the_list_without_class(drug: Any) -> None:
    found = listed(order(medicationCodeableConcept=drug))
    assert (found.classes, found.notes) == (frozenset(), ())


def test_a_code_is_preferred_to_a_name() -> None:
    drug = {"coding": concept("A10BA02", ATC)["coding"], "text": "simvastatin"}
    found = listed(order(medicationCodeableConcept=drug))
    assert (found.classes, found.notes) == (frozenset({"metformin", "glucose_lowering"}), ())


def test_a_recognised_drug_of_no_class_that_is_asked_for_is_left_out() -> None:
    found = dropped(order("N02BE01"))
    assert (found.code, found.text) == (DropCode.OTHER_DRUG, "of no class that is asked for")
    assert found.source.code == "N02BE01"


def test_the_classes_of_all_codings_count() -> None:
    codings = [{"system": ATC, "code": code} for code in ("N02BE01", "A10BA02", " C10AA05 ")]
    found = listed(order(medicationCodeableConcept={"coding": codings}))
    assert found.classes == {"metformin", "glucose_lowering", "statin"}


def test_a_site_names_its_own_drugs() -> None:
    site = site_map({"medication_codes": {"urn:local": {"D1": "anticoagulant"}}})
    (found,) = read(order("D1", "urn:local"), site=site).medications
    assert (found.classes, found.notes) == (frozenset({"anticoagulant"}), ())
    (other,) = read(order("D1", "urn:other"), site=site).medications
    assert other.classes == frozenset()


@pytest.mark.parametrize(
    "reference",
    ["Medication/d1", "https://e.org/r4/Medication/d1", "Medication/d1/_history/2", "urn:uuid:d"],
)
@pytest.mark.parametrize("mode", ["include", "match"])
def test_a_medication_elsewhere_is_looked_up(reference: str, mode: str) -> None:
    drug = {"resource": DRUG, "fullUrl": "urn:uuid:d", "search": {"mode": mode}}
    found = listed(pointing(reference), drug)
    assert (found.classes, found.source.code) == (STATIN, "C10AA05")


def test_in_whatever_key_it_came() -> None:
    record = read(pointing("Medication/d1"), medications=searchset(DRUG))
    assert [each.classes for each in record.medications] == [STATIN]


def test_the_newest_version_of_a_medication_counts() -> None:
    old = DRUG | {"meta": {"versionId": "1"}, "code": concept("A10BA02", ATC)}
    new = DRUG | {"meta": {"versionId": "2"}}
    record = read(pointing("Medication/d1"), new, medications=searchset(old))
    assert [each.classes for each in record.medications] == [STATIN]


def test_a_contained_medication_is_looked_up() -> None:
    contained: list[object] = [
        {"resourceType": "Organization", "id": "d1"},
        DRUG | {"id": "d2", "code": concept("A10BA02", ATC)},
        DRUG,
    ]
    assert listed(pointing("#d1", contained=contained)).classes == STATIN
    assert listed(pointing("#d9", contained=contained)).classes == frozenset()
    assert listed(pointing("#d1")).classes == frozenset()


def test_a_contained_medication_is_found_by_hash_only() -> None:
    assert listed(pointing("Medication/d1", contained=[DRUG])).classes == frozenset()


@pytest.mark.parametrize(
    "ingredient",
    [
        {"itemCodeableConcept": concept("C10AA05", ATC)},
        {"item": {"concept": concept("C10AA05", ATC)}},
    ],
)
def test_the_ingredients_of_a_medication_count(ingredient: dict[str, Any]) -> None:
    drug = {"resourceType": "Medication", "id": "d1", "ingredient": [{}, {"item": {}}, ingredient]}
    assert listed(pointing("Medication/d1"), drug).classes == STATIN


def test_the_name_on_a_reference_is_the_last_resort() -> None:
    found = listed(pointing("Medication/d9", display="Simvastatin 20 mg"))
    assert (found.classes, found.notes) == (STATIN | {"simvastatin"}, (BY_NAME,))
    found = listed(pointing("Medication/d1", display="Metformin"), DRUG)
    assert (found.classes, found.notes) == (STATIN, ())


def test_a_reference_to_nothing_is_not_recognised() -> None:
    assert listed(pointing()).classes == frozenset()


def test_a_codeable_reference_of_r5_is_read() -> None:
    by_concept = {"concept": concept("C10AA05", ATC)}
    assert listed(order(medicationCodeableConcept=..., medication=by_concept)).classes == STATIN
    by_reference = {"reference": {"reference": "Medication/d1"}}
    sent = order(medicationCodeableConcept=..., medication=by_reference)
    assert listed(sent, DRUG).classes == STATIN
    assert listed(order(medicationCodeableConcept=..., medication={})).classes == frozenset()


def test_remarks_on_status_come_before_those_on_the_drug() -> None:
    sent = order(
        status=..., reportedBoolean=True, medicationCodeableConcept={"text": "simvastatin"}
    )
    assert listed(sent).notes == (STATUS_ASSUMED, REPORTED, BY_NAME)


def test_a_medication_by_itself_is_nothing_that_is_taken() -> None:
    record = read(DRUG, site=SITE)
    assert (record.medications, record.dropped) == ((), ())
