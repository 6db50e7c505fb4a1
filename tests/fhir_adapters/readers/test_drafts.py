"""Draft orders: what each of them orders, and why nothing is known of one."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_adapters.readers.context import Context
from fhir_adapters.readers.drafts import NOT_READ, draft_orders
from fhir_adapters.record import DraftOrder, DropCode
from fhir_adapters.terminology.site import SiteMap

IBUPROFEN = {"coding": [{"system": "http://www.whocc.no/atc", "code": "M01AE01"}]}
MINE = {"reference": "Patient/p1"}


def read(*resources: Any) -> tuple[DraftOrder, ...]:
    entries = [msgspec.Raw(msgspec.json.encode({"resource": each})) for each in resources]
    return draft_orders(entries, Context("p1", SiteMap()))


def order(**fields: Any) -> dict[str, Any]:
    made = {
        "resourceType": "MedicationRequest",
        "id": "103",
        "status": "draft",
        "subject": MINE,
        "medicationCodeableConcept": IBUPROFEN,
    }
    return made | fields


def test_a_draft_is_read_like_an_order_of_the_chart() -> None:
    told = [{"text": "400 mg three times daily"}]
    (found,) = read(order(dosageInstruction=told))
    assert (found.reference, found.type) == ("MedicationRequest/103", "MedicationRequest")
    assert (found.regimen.a_day, found.unread) == (1200, None)
    assert found.classes == {"nsaid"}


@pytest.mark.parametrize(
    ("fields", "unread"),
    [
        ({"subject": {"reference": "Patient/p2"}}, DropCode.WRONG_PATIENT),
        ({"subject": {"reference": "Group/g1"}}, DropCode.NOT_THE_PATIENT),
        ({"medicationCodeableConcept": None}, DropCode.NO_CODE),
        ({"medicationCodeableConcept": {"text": "XYZ-123"}}, DropCode.NO_KNOWN_CODE),
        ({"modifierExtension": [{"url": "https://x.example"}]}, DropCode.MODIFIER),
        ({"implicitRules": "https://x.example"}, DropCode.IMPLICIT_RULES),
        ({"medicationCodeableConcept": "ibuprofen"}, DropCode.MALFORMED),
    ],
)
def test_why_nothing_is_known_of_a_draft_is_told(fields: dict[str, Any], unread: DropCode) -> None:
    (found,) = read(order(**fields))
    assert (found.unread, found.classes) == (unread, frozenset())
    assert unread in NOT_READ


def test_a_draft_that_does_not_say_whose_it_is_belongs_to_the_patient_of_the_call() -> None:
    (found,) = read(order(subject=None))
    assert found.unread is None


@pytest.mark.parametrize("fields", [{"status": "cancelled"}, {"doNotPerform": True}])
def test_an_order_that_was_called_off_is_none(fields: dict[str, Any]) -> None:
    assert read(order(**fields)) == ()


def test_a_drug_may_stand_in_the_bundle_of_the_drafts() -> None:
    drug = {"resourceType": "Medication", "id": "m1", "code": IBUPROFEN}
    pointer = {"reference": "Medication/m1"}
    (found,) = read(drug, order(medicationCodeableConcept=None, medicationReference=pointer))
    assert found.classes == {"nsaid"}


def test_a_request_for_a_test_says_what_it_measures() -> None:
    potassium = {"coding": [{"system": "http://loinc.org", "code": "2823-3"}]}
    (found,) = read({"resourceType": "ServiceRequest", "id": "s1", "code": potassium})
    assert (found.concept, found.unread) == ("potassium", None)


def test_what_is_no_order_is_left_out() -> None:
    assert read({"resourceType": "NutritionOrder", "id": "n1"}, {}) == ()


def test_an_entry_that_holds_no_resource_is_told_as_unread() -> None:
    assert [each.unread for each in read(None, 7)] == [DropCode.MALFORMED] * 2


@given(st.dictionaries(st.text(max_size=12), st.recursive(st.none() | st.text(), st.lists)))
def test_any_resource_may_be_a_draft(fields: dict[str, Any]) -> None:
    read(order(**fields))
    read(fields)
