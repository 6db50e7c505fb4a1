import pytest

from cds_hooks.clinical.orders.kidney import CHECK
from cds_hooks.clinical.orders.kidney_function import KidneyFunction
from cds_hooks.clinical.orders.rule_table import RULES
from cds_hooks.settings.services import ServiceSettings
from cds_hooks.settings.settings import Settings
from tests.cds_hooks.clinical.orders.drafting import cards, draft, told
from tests.charts import ATRIAL_FIBRILLATION, Resource, order, patient, problem, result

DIALYSIS = "108241001"
AF = problem(ATRIAL_FIBRILLATION)
OLD = patient(birthDate="1940-01-10")  # 86 years
WEIGHT = result("weight", 60)


def creatinine(value: float, at: str = "2026-03-14T08:00:00Z") -> Resource:
    return result("creatinine", value, at)


DRAFTS = {
    "rivaroxaban": draft("B01AF01", "rivaroxaban 20 mg", "20 mg once daily"),
    "edoxaban": draft("B01AF03", "edoxaban 60 mg", "60 mg once daily"),
    "dabigatran": draft("B01AE07", "dabigatran 150 mg", "150 mg twice daily"),
    "apixaban": draft("B01AF02", "apixaban 5 mg", "5 mg twice daily"),
}


@pytest.mark.parametrize("drug", DRAFTS)
def test_a_doac_below_a_clearance_of_15_is_critical(drug: str) -> None:
    found = told(OLD, WEIGHT, creatinine(3.9), DRAFTS[drug])
    assert found[0][0] == "critical"
    assert "creatinine clearance 12 mL/min" in found[0][1]


@pytest.mark.parametrize("drug", DRAFTS)
def test_a_doac_below_15_is_critical_whatever_its_dose_and_indication(drug: str) -> None:
    silent = DRAFTS[drug] | {"dosageInstruction": [{"text": "as told"}]}
    assert told(OLD, WEIGHT, creatinine(3.9), silent)[0][0] == "critical"


@pytest.mark.parametrize("drug", DRAFTS)
def test_a_doac_on_dialysis_is_critical(drug: str) -> None:
    found = told(OLD, WEIGHT, problem(DIALYSIS), DRAFTS[drug])
    assert (found[0][0], "on dialysis" in found[0][1]) == ("critical", True)


def test_a_clearance_that_may_be_below_15_is_critical() -> None:
    born_some_year = patient(birthDate="1940")
    (first, *_) = told(born_some_year, WEIGHT, creatinine(3.02), DRAFTS["rivaroxaban"])
    assert first[0] == "critical"


@pytest.mark.parametrize(
    ("drug", "value", "expected"),
    [
        ("rivaroxaban", 1.5, "Lower rivaroxaban 20 mg to 15 mg daily"),
        ("edoxaban", 1.5, "Lower edoxaban 60 mg to 30 mg daily"),
        ("dabigatran", 2.0, "Do not give this dose of dabigatran"),
        ("apixaban", 1.5, "Lower apixaban 5 mg to 2.5 mg twice daily"),
    ],
)
def test_a_doac_above_its_dose_at_this_clearance_is_told(
    drug: str, value: float, expected: str
) -> None:
    found = told(OLD, WEIGHT, creatinine(value), AF, DRAFTS[drug])
    assert [summary for _, summary in found if summary.startswith(expected)]


@pytest.mark.parametrize("drug", DRAFTS)
def test_a_doac_at_its_dose_is_quiet(drug: str) -> None:
    young = patient()
    if drug == "edoxaban":
        young = patient(birthDate="1950-01-10")
    assert told(young, result("weight", 80), creatinine(1.0), AF, DRAFTS[drug]) == []


@pytest.mark.parametrize(
    ("atc", "name", "dosage"),
    [
        ("B01AF01", "rivaroxaban 15 mg", "15 mg once daily"),
        ("B01AF03", "edoxaban 30 mg", "30 mg once daily"),
        ("B01AE07", "dabigatran 75 mg", "75 mg twice daily"),
        ("B01AF02", "apixaban 2.5 mg", "2.5 mg twice daily"),
    ],
)
def test_too_low_a_dose_of_a_doac_in_atrial_fibrillation_is_told(
    atc: str, name: str, dosage: str
) -> None:
    man = patient(birthDate="1950-01-10")
    found = told(man, result("weight", 80), creatinine(1.0), AF, draft(atc, name, dosage))
    assert [indicator for indicator, _ in found] == ["warning"]


def test_edoxaban_30_mg_is_right_at_60_kg() -> None:
    small = draft("B01AF03", "edoxaban 30 mg", "30 mg once daily")
    man = patient(birthDate="1960-01-10")
    assert told(man, result("weight", 58), creatinine(0.8), AF, small) == []


def test_no_egfr_stands_for_a_missing_weight_and_what_is_missing_is_said() -> None:
    found = told(OLD, creatinine(2.0), result("egfr", 30), AF, DRAFTS["rivaroxaban"])
    assert [indicator for indicator, _ in found] == ["info"]
    assert "weight not known" in found[0][1]


def test_a_weight_without_a_unit_is_no_weight() -> None:
    bare = WEIGHT | {"valueQuantity": {"value": 60}}
    found = told(OLD, bare, creatinine(2.0), AF, DRAFTS["rivaroxaban"])
    assert (found[0][0], "weight not known" in found[0][1]) == ("info", True)


def test_no_dose_of_a_doac_is_proposed_from_an_old_creatinine() -> None:
    old = creatinine(1.9, "2025-10-01T08:00:00Z")
    found = told(OLD, WEIGHT, old, AF, DRAFTS["rivaroxaban"])
    assert [indicator for indicator, _ in found] == ["info"]
    assert "creatinine is of 2025-10-01: measure it again first" in found[0][1]


def test_no_dose_of_a_doac_is_proposed_in_acute_kidney_injury() -> None:
    before = creatinine(0.9, "2026-03-10T08:00:00Z")
    found = told(OLD, WEIGHT, before, creatinine(2.0), AF, DRAFTS["rivaroxaban"])
    assert [indicator for indicator, _ in found] == ["warning"]
    assert found[0][1].startswith("Reconsider rivaroxaban 20 mg in acute kidney injury")


def test_without_an_indication_no_dose_of_rivaroxaban_is_proposed() -> None:
    found = told(OLD, WEIGHT, creatinine(1.9), DRAFTS["rivaroxaban"])
    assert [(i, s.split(":")[0]) for i, s in found] == [
        ("info", "Check the dose of rivaroxaban 20 mg")
    ]


def test_apixaban_follows_its_criteria_only_in_atrial_fibrillation() -> None:
    assert told(OLD, WEIGHT, creatinine(1.9), DRAFTS["apixaban"]) == []


def test_apixaban_with_two_known_criteria_needs_no_third() -> None:
    found = told(OLD, creatinine(1.9), AF, DRAFTS["apixaban"])
    assert [summary.split(":")[0] for _, summary in found] == [
        "Lower apixaban 5 mg to 2.5 mg twice daily"
    ]


def test_apixaban_says_which_criterion_is_missing_where_it_decides() -> None:
    found = told(OLD, creatinine(1.0), AF, DRAFTS["apixaban"])
    assert found == [("info", "Check the dose of apixaban 5 mg: weight not known")]


@pytest.mark.parametrize(
    ("value", "drafted", "indicator"),
    [
        (3.5, draft("A10BA02", "metformin", "500 mg twice daily"), "critical"),
        (1.7, draft("A10BA02", "metformin", "500 mg twice daily"), "warning"),
        (3.5, draft("M01AE01", "ibuprofen", "400 mg"), "critical"),
        (1.5, draft("M01AE01", "ibuprofen", "400 mg"), "warning"),
        (3.5, draft("J01XE01", "nitrofurantoin", "50 mg four times daily"), "warning"),
        (1.7, draft("J01XE01", "nitrofurantoin", "50 mg four times daily"), "warning"),
        (3.5, draft("N05AN01", "lithium", "400 mg daily"), "critical"),
        (3.5, draft("C01AA05", "digoxin", "250 mcg daily"), "warning"),
        (3.5, draft("L04AX03", "methotrexate", "10 mg once weekly"), "critical"),
        (3.5, draft("N02BF01", "gabapentin", "600 mg three times daily"), "warning"),
        (2.5, draft("N02BF02", "pregabalin", "150 mg twice daily"), "warning"),
        (1.5, draft("N02BF02", "pregabalin", "300 mg twice daily"), "warning"),
        (2.5, draft("B01AB05", "enoxaparin", "60 mg twice daily"), "warning"),
        (1.5, draft("M04AA01", "allopurinol", "300 mg daily"), "warning"),
    ],
)
def test_a_drug_that_the_kidney_forbids_or_lowers_is_told(
    value: float, drafted: Resource, indicator: str
) -> None:
    assert [found for found, _ in told(OLD, WEIGHT, creatinine(value), drafted)] == [indicator]


@pytest.mark.parametrize(
    "drafted",
    [
        draft("A10BA02", "metformin", "500 mg twice daily"),
        draft("M01AE01", "ibuprofen", "400 mg"),
        draft("J01XE01", "nitrofurantoin", "50 mg four times daily"),
        draft("N05AN01", "lithium", "400 mg daily"),
        draft("C01AA05", "digoxin", "250 mcg daily"),
        draft("L04AX03", "methotrexate", "10 mg once weekly"),
        draft("N02BF01", "gabapentin", "600 mg three times daily"),
        draft("N02BF02", "pregabalin", "300 mg twice daily"),
        draft("B01AB05", "enoxaparin", "80 mg twice daily"),
        draft("M04AA01", "allopurinol", "300 mg daily"),
    ],
)
def test_the_same_drug_with_good_kidneys_is_quiet(drafted: Resource) -> None:
    assert told(patient(), result("weight", 80), creatinine(0.9), drafted) == []


def test_metformin_that_is_taken_already_goes_on_at_30_to_45() -> None:
    drafted = draft("A10BA02", "metformin", "500 mg twice daily")
    assert told(OLD, creatinine(1.7), order("A10BA02"), drafted) == []


def test_only_the_start_of_allopurinol_is_low() -> None:
    drafted = draft("M04AA01", "allopurinol", "300 mg daily")
    assert told(OLD, creatinine(1.5), order("M04AA01"), drafted) == []


def test_a_prophylactic_dose_of_enoxaparin_is_not_lowered() -> None:
    drafted = draft("B01AB05", "enoxaparin 40 mg", "40 mg once daily")
    assert told(OLD, WEIGHT, creatinine(2.5), drafted) == []


def test_a_gabapentin_dose_that_cannot_be_read_is_to_be_checked() -> None:
    (card,) = cards(OLD, WEIGHT, creatinine(2.5), draft("N02BF01", "gabapentin", "as told"))
    assert "check the dose: it could not be read" in card["detail"]


def test_an_nsaid_gel_is_no_nsaid_of_these_rules() -> None:
    assert told(OLD, creatinine(3.5), draft("M02AA15", "diclofenac gel")) == []


@pytest.mark.parametrize("value", [5.4, 9.5, 11.0])
def test_an_mra_above_a_potassium_of_5_is_told_and_so_is_an_implausible_one(value: float) -> None:
    found = told(patient(), result("potassium", value), draft("C03DA01", "spironolactone 25 mg"))
    assert any("spironolactone" in summary for _, summary in found)


def test_an_mra_at_5_is_quiet() -> None:
    drafted = draft("C03DA01", "spironolactone 25 mg")
    assert told(patient(), result("potassium", 5.0), drafted) == []


def test_a_site_turns_a_rule_off_and_sets_its_threshold() -> None:
    drafted = draft("J01XE01", "nitrofurantoin", "50 mg four times daily")

    def site(**of_the_service: object) -> Settings:
        service = ServiceSettings(mode="live", **of_the_service)  # type: ignore[arg-type]
        return Settings(services={"medication-safety": service})

    off = site(rules={"nitrofurantoin-below-45": False})
    assert told(OLD, creatinine(1.7), drafted, settings=off) == []
    lower = site(thresholds={"nitrofurantoin-below-45": 35.0})
    assert told(OLD, creatinine(1.7), drafted, settings=lower) == []
    eu = site(rules={"dabigatran-below-30-eu": True})
    low = draft("B01AE07", "dabigatran 75 mg", "75 mg twice daily")
    assert told(OLD, WEIGHT, creatinine(2.0), low) == []
    assert [i for i, _ in told(OLD, WEIGHT, creatinine(2.0), low, settings=eu)] == ["critical"]


def test_an_egfr_that_is_only_said_to_be_below_a_limit_decides() -> None:
    drafted = draft("J01XE01", "nitrofurantoin", "50 mg four times daily")
    sent = {"comparator": "<", "unit": "mL/min/{1.73_m2}"}
    low = result("egfr", 15, valueQuantity={"value": 15, **sent})
    ((_, summary),) = told(OLD, low, drafted)
    assert summary.endswith("eGFR 0 to 15 mL/min/1.73 m²")
    open_still = result("egfr", 60, valueQuantity={"value": 60, **sent})
    assert told(OLD, open_still, drafted) == []


def test_a_card_puts_the_action_first_and_the_number_with_its_date() -> None:
    (card,) = cards(OLD, WEIGHT, creatinine(1.5), AF, DRAFTS["edoxaban"])
    assert card["summary"].startswith("Lower edoxaban")
    assert "creatinine 1.50 mg/dL (2026-03-14)" in card["detail"]
    assert "weight 60.0 kg (2026-03-15)" in card["detail"]
    assert len(card["detail"].split()) <= 90


def test_bounds_of_a_measure_decide_on_the_safe_side() -> None:
    wide = KidneyFunction("creatinine clearance", "mL/min", 14.0, 16.0)
    assert not wide.within(0.0, 15.0)
    assert wide.may_be_within(0.0, 15.0)
    assert wide.said == "creatinine clearance 14 to 16 mL/min"
    unknown = KidneyFunction("creatinine clearance", "mL/min", missing="weight")
    assert not unknown.may_be_within(0.0, 15.0)


def test_the_rules_of_a_drug_and_measure_leave_no_gap_between_their_bands() -> None:
    bands: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for rule in RULES.values():
        if rule.check == CHECK and rule.most_a_day is not None and rule.drugs[0][-4:] == "alin":
            bands.setdefault((rule.drugs[0], rule.needs[0]), []).append((rule.above, rule.limit))
    for ranges in bands.values():
        ordered = sorted(ranges)
        assert [low for low, _ in ordered[1:]] == [high for _, high in ordered[:-1]]
