import pytest

from tests.cds_hooks.clinical.orders.drafting import cards, draft, told
from tests.charts import HEART_FAILURE, order, patient, problem, result

HALOPERIDOL = draft("N05AD01", "haloperidol", "2 mg once daily")
ONDANSETRON = draft("A04AA01", "ondansetron", "8 mg", id="d2")
OLD_WOMAN = patient(gender="female", birthDate="1950-01-10")


@pytest.mark.parametrize("value", [500, 540])
def test_a_qtc_of_500_ms_forbids_a_drug_that_prolongs_it(value: float) -> None:
    (found,) = told(patient(), result("qtc", value), HALOPERIDOL)
    assert found[0] == "critical"
    assert f"{value} ms (2026-03-15)" in found[1]


def test_a_qtc_beyond_the_plausible_range_is_to_be_checked_as_if_true() -> None:
    (found,) = told(patient(), result("qtc", 900), HALOPERIDOL)
    assert found == (
        "critical",
        "Do not give haloperidol: check QTc 900 ms (2026-03-15), act as if true",
    )


def test_a_qtc_of_499_ms_alone_is_one_factor_and_quiet() -> None:
    assert told(patient(), result("qtc", 499), HALOPERIDOL) == []


def test_a_qtc_without_a_unit_is_taken_as_milliseconds() -> None:
    bare = result("qtc", 520) | {"valueQuantity": {"value": 520}}
    assert len(told(patient(), bare, HALOPERIDOL)) == 1


def test_a_qtc_in_an_unknown_unit_is_to_be_checked() -> None:
    strange = result("qtc", 520) | {"valueQuantity": {"value": 520, "unit": "beats"}}
    ((indicator, summary),) = told(patient(), strange, HALOPERIDOL)
    assert (indicator, "check QTc 520" in summary) == ("critical", True)


def test_a_drug_that_does_not_prolong_it_is_quiet() -> None:
    assert told(patient(), result("qtc", 520), draft("N02BE01", "paracetamol")) == []


def test_two_drugs_that_prolong_it_are_no_reason_alone() -> None:
    assert told(patient(), HALOPERIDOL, ONDANSETRON) == []
    assert told(patient(), order("A04AA01"), HALOPERIDOL) == []


def test_age_and_sex_are_no_reason_alone() -> None:
    assert told(OLD_WOMAN, HALOPERIDOL) == []


def test_two_recorded_factors_ask_for_an_ecg_with_their_dates() -> None:
    (card,) = cards(OLD_WOMAN, result("potassium", 3.2), HALOPERIDOL)
    assert (card["indicator"], card["summary"]) == (
        "warning",
        "Take an ECG before haloperidol: 3 QT risk factors",
    )
    assert "Potassium 3.2 mmol/L (2026-03-15)" in card["detail"]
    assert len(card["detail"].split()) <= 90


def test_a_low_potassium_and_another_such_drug_are_two() -> None:
    found = told(patient(), result("potassium", 3.2), HALOPERIDOL, ONDANSETRON)
    assert {indicator for indicator, _ in found} == {"warning"}


def test_heart_failure_and_a_long_qtc_are_two() -> None:
    chart = (patient(), problem(HEART_FAILURE), result("qtc", 470))
    assert [indicator for indicator, _ in told(*chart, HALOPERIDOL)] == ["warning"]


def test_a_potassium_above_3_5_is_no_factor() -> None:
    assert told(OLD_WOMAN, result("potassium", 3.6), HALOPERIDOL) == []
