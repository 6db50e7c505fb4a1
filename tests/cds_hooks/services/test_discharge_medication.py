"""The discharge list: doses against kidney function, and drugs of the stay that are not on it."""

import pytest

from tests.cds_hooks.services.discharges import STAY, for_discharge
from tests.charts import APIXABAN, ATORVASTATIN, Resource, ask, order, patient, result

IN_THE_STAY = "2026-03-11"
PARACETAMOL = for_discharge("N02BE01", "Paracetamol 500 mg", id="other")
MISSING = "Ordered in this stay and not on the discharge list"


def begun(atc: str, at: str = IN_THE_STAY) -> Resource:
    return order(atc, authoredOn=at)


def told(*chart: Resource) -> list[str]:
    """The summaries of the cards."""
    cards = ask("discharge-medication", patient(), STAY, *chart)["cards"]
    return [each["summary"] for each in cards]


def test_a_lasting_drug_of_the_stay_that_is_not_on_the_list_is_named() -> None:
    (said,) = told(begun(ATORVASTATIN), PARACETAMOL)
    assert said.startswith(MISSING)


@pytest.mark.parametrize(
    ("ordered", "after"), [(ATORVASTATIN, "C10AA07"), (APIXABAN, "B01AA03"), (APIXABAN, "B01AF01")]
)
def test_another_drug_of_the_class_takes_its_place(ordered: str, after: str) -> None:
    assert not [each for each in told(begun(ordered), for_discharge(after, "")) if MISSING in each]


def test_what_was_taken_before_the_stay_is_not_said_to_be_of_it() -> None:
    assert told(begun(ATORVASTATIN, "2026-01-05"), PARACETAMOL) == []


def test_a_course_that_ends_is_not_missed() -> None:
    assert told(begun("J01CA04"), begun("B01AB05"), PARACETAMOL) == []


def test_nothing_is_said_to_be_missing_from_a_list_that_was_not_given_or_not_known() -> None:
    unknown = PARACETAMOL | {"medicationCodeableConcept": {"text": "Study drug A"}}
    for after in ([], [unknown]):
        (said,) = told(begun(ATORVASTATIN), *after)
        assert said.startswith("Discharge list not checked")


def test_a_list_of_another_patient_is_no_list() -> None:
    foreign = PARACETAMOL | {"subject": {"reference": "Patient/other"}}
    (said,) = told(begun(ATORVASTATIN), foreign)
    assert said.startswith("Discharge list not checked")


def test_kidney_function_speaks_of_the_discharge_list_and_not_of_the_orders_of_the_stay() -> None:
    low = result("creatinine", 2.8)
    assert told(begun("A10BA02"), low) == []
    (said,) = told(for_discharge("A10BA02", "Metformin 1000 mg"), low)
    assert said.startswith("Do not give Metformin")
    assert told(for_discharge("A10BA02", "Metformin 1000 mg"), result("creatinine", 1.0)) == []


def test_an_order_that_was_called_off_is_not_on_the_list() -> None:
    stopped = for_discharge("C10AA07", "Rosuvastatin") | {"status": "cancelled"}
    assert told(begun(ATORVASTATIN), stopped, PARACETAMOL)[0].startswith(MISSING)
