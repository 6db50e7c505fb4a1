"""Undocumented conditions: each criterion on a chart, and every way of being recorded already."""

from typing import Any

import pytest

from cds_hooks.settings.services import ServiceSettings
from cds_hooks.settings.settings import Settings
from cds_hooks.settings.site import Site
from tests.charts import (
    ALL_LIVE,
    ATORVASTATIN,
    DIABETES,
    HYPERTENSION,
    ask,
    order,
    patient,
    problem,
    result,
)

SERVICE = "undocumented-conditions"
AUTUMN, WINTER = "2025-10-01T08:00:00Z", "2026-02-10T08:00:00Z"
LONG_AGO = "2024-06-01T08:00:00Z"
KIDNEYS = (result("creatinine", 1.6, AUTUMN), result("creatinine", 1.7, WINTER))
ALBUMIN = (result("uacr", 45, AUTUMN), result("uacr", 60, WINTER))
SUGAR = (result("hba1c", 6.8, AUTUMN), result("hba1c", 7.1, WINTER))
PRESSURE = (
    *(result("sbp", value, at) for value, at in ((152, AUTUMN), (148, WINTER))),
    *(result("dbp", value, at) for value, at in ((94, AUTUMN), (90, WINTER))),
)
LDL = (result("ldl", 212, WINTER),)
ANEMIA, AKI, CKD, DIALYSIS, PREGNANT = "271737000", "14669001", "709044004", "46177005", "77386006"
TRUNCATED = {
    "resourceType": "Bundle",
    "type": "searchset",
    "link": [{"relation": "next", "url": "https://ehr.example/fhir?page=2"}],
}


def _answer(*resources: dict[str, Any], **options: Any) -> dict[str, Any]:
    answer: dict[str, Any] = ask(SERVICE, patient(), *resources, **options)
    return answer


def _cards(*resources: dict[str, Any], **options: Any) -> list[dict[str, Any]]:
    cards: list[dict[str, Any]] = _answer(*resources, **options)["cards"]
    return cards


def _reasons(answer: dict[str, Any]) -> list[str]:
    (told,) = answer["extension"].values()
    return [reason["text"] for reason in told["notAssessed"]]


def _offers(card: dict[str, Any]) -> list[str]:
    return [each["label"] for each in card.get("suggestions", ())]


def _resource(card: dict[str, Any], kind: str) -> dict[str, Any]:
    made = [each["actions"][0]["resource"] for each in card["suggestions"]]
    (found,) = [each for each in made if each["resourceType"] == kind]
    resource: dict[str, Any] = found
    return resource


def test_two_low_egfrs_offer_the_condition_and_the_missing_albumin() -> None:
    (card,) = _cards(*KIDNEYS)
    summary = "eGFR 49 and 45, 132 days apart: no record of chronic kidney disease"
    assert card["summary"] == summary
    assert card["indicator"] == "info"
    assert card["source"]["topic"]["code"] == "UndocumentedKidneyDisease"
    assert "| Creatinine | 1.60 mg/dL | 2025-10-01 |" in card["detail"]
    assert "| Creatinine | 1.70 mg/dL | 2026-02-10 |" in card["detail"]
    assert _offers(card) == [
        "Record chronic kidney disease (provisional)",
        "Request a urine albumin/creatinine ratio",
    ]


def test_the_suggested_condition_is_a_provisional_problem_with_its_evidence() -> None:
    (card,) = _cards(*KIDNEYS)
    condition = _resource(card, "Condition")
    assert condition["category"][0]["coding"][0]["code"] == "problem-list-item"
    assert condition["verificationStatus"]["coding"][0]["code"] == "provisional"
    assert condition["code"]["coding"][0]["code"] == CKD
    references = [each["reference"] for each in condition["evidence"][0]["detail"]]
    assert references == [f"Observation/{each['id']}" for each in KIDNEYS]


def test_albuminuria_alone_is_a_criterion_and_needs_no_further_albumin() -> None:
    (card,) = _cards(*ALBUMIN)
    assert card["summary"].startswith("urine albumin/creatinine 45 and 60 mg/g, 132 days apart")
    assert _offers(card) == ["Record chronic kidney disease (provisional)"]


def test_a_newest_result_below_detection_undoes_albuminuria() -> None:
    bound = {"value": 3, "unit": "mg/g", "comparator": "<"}
    answer = _answer(*ALBUMIN, result("uacr", 0, valueQuantity=bound))
    assert answer["cards"] == []
    assert any("known only as a bound" in text for text in _reasons(answer))


@pytest.mark.parametrize("code", [AKI, DIALYSIS, PREGNANT])
def test_unsteady_kidneys_are_not_judged(code: str) -> None:
    assert _cards(*KIDNEYS, problem(code, onsetDateTime="2026-02-01")) == []


def test_two_abnormal_hba1cs_are_diabetes() -> None:
    (card,) = _cards(*SUGAR)
    assert card["summary"] == "HbA1c 6.8 and 7.1 %: no record of diabetes mellitus"
    assert card["indicator"] == "warning"
    assert _offers(card) == ["Record diabetes mellitus (provisional)"]


def test_a_series_reaches_back_two_years() -> None:
    (card,) = _cards(result("hba1c", 6.8, LONG_AGO), SUGAR[1])
    assert card["indicator"] == "warning"
    assert "2024-06-01" in card["detail"]


def test_hba1c_and_fasting_glucose_of_one_sample_are_diabetes() -> None:
    (card,) = _cards(SUGAR[1], result("glucose_fasting", 131, WINTER))
    assert card["summary"].startswith("HbA1c 7.1 %; fasting glucose 131 mg/dL")
    assert card["indicator"] == "warning"


def test_a_glucose_that_is_not_said_to_be_fasting_does_not_confirm() -> None:
    (card,) = _cards(SUGAR[1], result("glucose", 131, WINTER))
    assert card["indicator"] == "info"


def test_one_abnormal_hba1c_asks_for_a_repeat_and_for_no_diagnosis() -> None:
    (card,) = _cards(SUGAR[1])
    assert card["indicator"] == "info"
    assert _offers(card) == ["Request a repeat HbA1c"]
    assert _resource(card, "ServiceRequest")["code"]["coding"][0]["code"] == "4548-4"


def test_with_anaemia_hba1c_is_said_to_be_unreliable_and_glucose_is_asked_for() -> None:
    (card,) = _cards(*SUGAR, problem(ANEMIA))
    assert card["indicator"] == "info"
    assert "HbA1c is unreliable here" in card["detail"]
    assert _offers(card) == ["Request a fasting glucose"]


def test_ifcc_units_are_shown_as_they_were_sent() -> None:
    unit = "mmol/mol"
    sent = [
        result("hba1c", 0, at, valueQuantity={"value": value, "unit": unit})
        for value, at in ((48, AUTUMN), (52, WINTER))
    ]
    (card,) = _cards(*sent)
    assert card["summary"].startswith("HbA1c 6.5 and 6.9 %")
    assert "| HbA1c | 48 mmol/mol | 2025-10-01 |" in card["detail"]


def test_high_blood_pressure_on_two_occasions_is_to_be_confirmed_at_home() -> None:
    (card,) = _cards(*PRESSURE)
    mean = "mean blood pressure 150/92 mmHg on 2 occasions"
    assert card["summary"] == f"{mean}: no record of hypertension"
    assert card["indicator"] == "info"
    assert "ESC elevated blood pressure and hypertension guideline 2024" in card["detail"]
    assert _offers(card) == [
        "Request home blood pressure monitoring",
        "Record hypertension (provisional)",
    ]


def test_the_site_chooses_whose_definition_of_hypertension_holds() -> None:
    lower = [
        result(name, value, at)
        for name, value in (("sbp", 132), ("dbp", 78))
        for at in (AUTUMN, WINTER)
    ]
    assert _cards(*lower) == []
    american = type(ALL_LIVE)(site=Site(hypertension_definition="aha-acc-2025"))
    (card,) = _cards(*lower, settings=american)
    assert "AHA/ACC high blood pressure guideline 2025" in card["detail"]


def test_severe_ldl_without_a_statin_is_to_be_evaluated() -> None:
    (card,) = _cards(*LDL)
    assert card["summary"].startswith("LDL cholesterol 5.5 mmol/L (212 mg/dL)")
    assert card["indicator"] == "warning"
    assert _offers(card) == [
        "Request an evaluation for familial hypercholesterolaemia",
        "Record suspected familial hypercholesterolaemia (provisional)",
    ]
    assert _cards(*LDL, order(ATORVASTATIN)) == []


def test_without_the_medication_list_severe_ldl_is_information_only() -> None:
    (card,) = _cards(*LDL, medications=...)
    assert card["indicator"] == "info"
    assert "Check the medication list" in card["detail"]
    assert _offers(card) == []


def test_an_ldl_that_is_only_a_bound_proves_nothing() -> None:
    below = {"value": 200, "unit": "mg/dL", "comparator": "<"}
    assert _cards(result("ldl", 0, WINTER, valueQuantity=below)) == []


EVERYTHING = (*KIDNEYS, *SUGAR, *PRESSURE, *LDL)


def test_one_card_a_condition_the_warnings_first() -> None:
    cards = _cards(*EVERYTHING)
    assert [card["source"]["topic"]["code"] for card in cards] == [
        "UndocumentedDiabetes",
        "UndocumentedSevereLdl",
        "UndocumentedKidneyDisease",
        "UndocumentedHypertension",
    ]


@pytest.mark.parametrize(
    ("measured", "code"),
    [
        (KIDNEYS, CKD),
        (KIDNEYS, "433144002"),
        (KIDNEYS, "127013003"),
        (SUGAR, DIABETES),
        (SUGAR, "46635009"),
        (SUGAR, "422034002"),
        (PRESSURE, HYPERTENSION),
        (PRESSURE, "78975002"),
        (PRESSURE, "64715009"),
        (SUGAR, "4855003"),
        (KIDNEYS, "771000119108"),
        (LDL, "398036000"),
    ],
)
@pytest.mark.parametrize(
    "status",
    [
        {},
        {"clinicalStatus": {"coding": [{"code": "resolved"}]}},
        {"verificationStatus": {"coding": [{"code": "provisional"}]}},
        {"clinicalStatus": None},
    ],
    ids=["active", "resolved", "suspected", "without-status"],
)
def test_a_condition_that_is_recorded_in_any_way_is_not_undocumented(
    measured: tuple[dict[str, Any], ...], code: str, status: dict[str, Any]
) -> None:
    fields = {name: value for name, value in (problem(code) | status).items() if value is not None}
    answer = _answer(*measured, fields)
    assert answer["cards"] == []
    assert any("recorded" in text for text in _reasons(answer))


@pytest.mark.parametrize("code", ["I10", "I13.0"])
def test_an_icd_code_of_a_complication_records_hypertension(code: str) -> None:
    coded = {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": code}]}
    assert _cards(*PRESSURE, problem("1") | {"code": coded}) == []


def test_a_mistaken_record_does_not_count() -> None:
    wrong = problem(DIABETES, verificationStatus={"coding": [{"code": "entered-in-error"}]})
    (card,) = _cards(*SUGAR, wrong)
    assert _offers(card) == ["Record diabetes mellitus (provisional)"]


def test_a_refuted_condition_is_said_and_not_offered() -> None:
    refuted = problem(DIABETES, verificationStatus={"coding": [{"code": "refuted"}]})
    (card,) = _cards(*SUGAR, refuted)
    assert card["summary"].endswith("diabetes mellitus is refuted on the problem list")
    assert _offers(card) == []


EPOETIN, PREDNISOLONE, EVOLOCUMAB = "B03XA01", "H02AB06", "C10AX13"


@pytest.mark.parametrize(
    "cause",
    [result("hemoglobin", 7.8), order(EPOETIN), problem(DIALYSIS)],
    ids=["low-haemoglobin", "erythropoietin", "dialysis"],
)
def test_where_hba1c_is_unreliable_another_test_is_asked_for(cause: dict[str, Any]) -> None:
    (card,) = _cards(*SUGAR, cause)
    assert card["indicator"] == "info"
    assert _offers(card) == ["Request a fasting glucose"]


def test_a_haemoglobin_of_8_leaves_hba1c_reliable() -> None:
    (card,) = _cards(*SUGAR, result("hemoglobin", 8.0))
    assert _offers(card) == ["Record diabetes mellitus (provisional)"]


def test_on_a_glucocorticoid_diabetes_is_not_offered() -> None:
    (card,) = _cards(*SUGAR, order(PREDNISOLONE))
    assert card["indicator"] == "info"
    assert "after the course" in card["detail"]
    assert _offers(card) == ["Request a fasting glucose"]


def test_results_within_a_year_of_gestational_diabetes_ask_for_a_tolerance_test() -> None:
    (card,) = _cards(*SUGAR, problem("11687002", onsetDateTime="2025-09-01"))
    assert card["indicator"] == "info"
    assert "4 to 12 weeks after birth" in card["detail"]
    assert _offers(card) == []


def test_an_earlier_gestational_diabetes_leaves_the_criteria_as_they_are() -> None:
    (card,) = _cards(*SUGAR, problem("11687002", onsetDateTime="2019-09-01"))
    assert _offers(card) == ["Record diabetes mellitus (provisional)"]


def test_gestational_diabetes_without_a_date_is_taken_as_recent() -> None:
    undated = {k: v for k, v in problem("11687002").items() if k != "onsetDateTime"}
    (card,) = _cards(*SUGAR, undated)
    assert "4 to 12 weeks after birth" in card["detail"]


def test_an_ldl_under_another_lipid_lowering_drug_is_not_untreated() -> None:
    assert _cards(*LDL, order(EVOLOCUMAB)) == []


def test_diastolic_pressure_alone_counts() -> None:
    pressures = [
        result(name, value, at)
        for name, value in (("sbp", 126), ("dbp", 94))
        for at in (AUTUMN, WINTER)
    ]
    (card,) = _cards(*pressures)
    assert card["summary"].startswith("mean blood pressure 126/94 mmHg")


def test_a_problem_list_that_may_go_on_gives_no_card_and_says_so() -> None:
    answer = _answer(*EVERYTHING, conditions=TRUNCATED)
    assert answer["cards"] == []
    assert any("may go on" in text for text in _reasons(answer))


def test_a_problem_that_cannot_be_read_gives_no_card() -> None:
    entry = {"resource": {"resourceType": "Condition", "id": "c", "code": 7}}
    broken = {"resourceType": "Bundle", "type": "searchset", "entry": [entry]}
    assert _cards(*EVERYTHING, conditions=broken) == []


@pytest.mark.parametrize("code", [PREGNANT, "103735009"])
def test_pregnancy_and_palliative_care_rule_it_out(code: str) -> None:
    assert _cards(*EVERYTHING, problem(code, onsetDateTime="2026-01-10")) == []


def test_a_pregnancy_without_a_date_may_not_be_over() -> None:
    undated = {name: v for name, v in problem(PREGNANT).items() if name != "onsetDateTime"}
    answer = _answer(*EVERYTHING, undated)
    assert answer["cards"] == []
    assert any(text.startswith("Pregnancy") for text in _reasons(answer))


def test_an_unknown_sex_that_decides_gives_no_card() -> None:
    border = (result("creatinine", 1.2, AUTUMN), result("creatinine", 1.2, WINTER))
    chart = (patient(gender="unknown"), *border)
    answer = ask(SERVICE, *chart)
    assert answer["cards"] == []
    assert "whether the criteria are met depends on what is not known: Sex" in _reasons(answer)
    assert len(ask(SERVICE, patient(gender="female"), *border)["cards"]) == 1


def test_of_many_measurements_the_newest_and_the_oldest_are_shown() -> None:
    months = [f"2025-{month:02}-05T08:00:00Z" for month in range(4, 13)]
    (card,) = _cards(*(result("creatinine", 1.7, at) for at in months))
    assert card["detail"].count("| Creatinine |") == 6
    assert "2025-04-05" in card["detail"]
    assert "2025-05-05" not in card["detail"]
    assert "2025-12-05" in card["detail"]


# One severe pressure


@pytest.mark.parametrize(
    ("systolic", "diastolic", "told"),
    [
        (180, 90, "Systolic BP 180 mmHg"),
        (150, 110, "Diastolic BP 110 mmHg"),
        (190, 122, "Systolic BP 190 mmHg, Diastolic BP 122 mmHg"),
    ],
)
def test_one_severe_pressure_of_today_asks_for_an_emergency_to_be_excluded(
    systolic: float, diastolic: float, told: str
) -> None:
    pressure = result("sbp", systolic), result("dbp", diastolic)
    for chart in (pressure, (*pressure, problem(HYPERTENSION))):
        (card,) = _cards(*chart)
        start = "Severe blood pressure: exclude a hypertensive emergency:"
        assert card["summary"] == f"{start} {told}, 2026-03-15 08:00"
        assert card["indicator"] == "warning"


def test_one_raised_pressure_just_below_is_quiet() -> None:
    assert _cards(result("sbp", 179), result("dbp", 109)) == []


def test_a_severe_pressure_followed_by_a_lower_one_or_of_yesterday_is_quiet() -> None:
    settled = result("sbp", 150, "2026-03-15T09:00:00Z"), result("dbp", 94, "2026-03-15T09:00:00Z")
    assert _cards(result("sbp", 190), result("dbp", 122), *settled) == []
    old = "2026-03-13T08:00:00Z"
    assert _cards(result("sbp", 190, old), result("dbp", 122, old)) == []


def test_a_severe_systolic_pressure_is_told_without_a_diastolic() -> None:
    assert len(_cards(result("sbp", 190))) == 1


def test_a_site_sets_from_which_pressure_it_is_severe() -> None:
    own = ServiceSettings(mode="live", thresholds={"severe-systolic": 170})
    settings = Settings(services={SERVICE: own})
    assert len(_cards(result("sbp", 172), settings=settings)) == 1
    assert _cards(result("sbp", 172)) == []


def home(sbp: float, dbp: float, days: int = 3) -> list[dict[str, Any]]:
    """Readings of the patient's own on so many days before today."""
    by = {"performer": [{"reference": "Patient/p1"}]}
    return [
        result(name, value, f"2026-03-{14 - day:02}T07:00:00Z", **by)
        for day in range(days)
        for name, value in (("sbp", sbp), ("dbp", dbp))
    ]


@pytest.mark.parametrize(("sbp", "dbp"), [(135, 70), (120, 85), (165, 102)])
def test_home_pressure_is_judged_by_its_own_limit(sbp: float, dbp: float) -> None:
    (card,) = _cards(*home(sbp, dbp))
    told = f"mean home blood pressure {sbp}/{dbp} mmHg on 3 days: hypertension, no record of it"
    assert card["summary"] == told
    assert card["indicator"] == "info"
    assert _offers(card) == ["Record hypertension (provisional)"]


def test_home_pressure_below_its_limit_or_of_too_few_days_is_quiet() -> None:
    assert _cards(*home(134, 84)) == []
    assert _cards(*home(165, 102, days=2)) == []


def test_home_pressure_says_nothing_where_hypertension_is_listed_or_may_be() -> None:
    assert _cards(*home(165, 102), problem("38341003")) == []
    unread = {k: v for k, v in problem("38341003").items() if k != "code"}
    assert _cards(*home(165, 102), unread | {"code": {"text": "BP clinic letter"}}) == []


def test_readings_of_the_office_are_not_mixed_with_those_of_home() -> None:
    office = [result("sbp", 120, f"2026-03-0{day}T09:00:00Z") for day in (1, 2, 3)]
    (card,) = _cards(*home(150, 80), *office)
    assert "150/80" in card["summary"]
