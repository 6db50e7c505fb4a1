"""Laboratory safety: what decides, what stays, what is known, and which drugs are unsafe."""

from typing import Any

import pytest

from cds_hooks.settings.services import ServiceSettings
from cds_hooks.settings.settings import Settings
from tests.charts import APIXABAN, IBUPROFEN, METFORMIN, ask, order, patient, problem, result

SERVICE = "lab-safety"
MORNING = "2026-03-15T06:00:00Z"
YESTERDAY = "2026-03-14T20:00:00Z"
TWO_DAYS_AGO = "2026-03-13T12:30:00Z"
THREE_DAYS_AGO = "2026-03-12T12:30:00Z"
LAST_MONTH = "2026-02-20T08:00:00Z"
DIALYSIS, MALIGNANCY, AKI = "46177005", "363346000", "14669001"
SPIRONOLACTONE, LISINOPRIL, POTASSIUM_CHLORIDE = "C03DA01", "C09AA03", "A12BA01"
HAEMOLYSED = {"note": [{"text": "Specimen haemolysed"}]}


def searchset(*resources: dict[str, Any]) -> dict[str, Any]:
    entry = [{"resource": each} for each in resources]
    return {"resourceType": "Bundle", "type": "searchset", "entry": entry}


def cards(*resources: dict[str, Any], **options: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = ask(SERVICE, patient(), *resources, **options)["cards"]
    return found


def labels(card: dict[str, Any]) -> list[str]:
    return [each["label"] for each in card.get("suggestions", ())]


def named(atc: str, name: str, **fields: Any) -> dict[str, Any]:
    """An order of a drug with its name as a prescriber writes it."""
    coding = [{"system": "http://www.whocc.no/atc", "code": atc}]
    return order(atc, medicationCodeableConcept={"coding": coding, "text": name}, **fields)


def site(**thresholds: float) -> Settings:
    own = {name.replace("_", "-"): value for name, value in thresholds.items()}
    return Settings(services={SERVICE: ServiceSettings(mode="live", thresholds=own)})


# Which result decides


def test_a_repeat_back_to_normal_silences_the_rule() -> None:
    assert cards(result("potassium", 6.6, YESTERDAY), result("potassium", 4.8)) == []


def test_the_newest_glucose_counts_fasting_or_not() -> None:
    fasting = result("glucose_fasting", 90)
    assert cards(result("glucose", 520, YESTERDAY), fasting) == []
    assert cards(result("glucose_fasting", 90, YESTERDAY), result("glucose", 520)) != []


def test_a_critical_result_that_nobody_repeated_stays_and_says_so() -> None:
    (card,) = cards(result("potassium", 6.8, TWO_DAYS_AGO))
    assert card["indicator"] == "critical"
    assert card["summary"].endswith("2026-03-13 12:30, not repeated since")
    (card,) = cards(result("potassium", 6.8))
    assert "not repeated" not in card["summary"]


def test_a_critical_result_stays_for_the_sites_limit_of_days() -> None:
    assert cards(result("potassium", 6.8, "2026-03-08T11:00:00Z")) == []
    assert cards(result("potassium", 6.8, "2026-03-08T13:00:00Z")) != []
    short = site(unrepeated_days=1)
    assert cards(result("potassium", 6.8, TWO_DAYS_AGO), settings=short) == []


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "entered-in-error"},
        {"status": "cancelled"},
        {"subject": {"reference": "Patient/p2"}},
        {"valueQuantity": None, "dataAbsentReason": {"coding": [{"code": "error"}]}},
        {"effectiveDateTime": "2026-04-15T08:00:00Z"},
    ],
    ids=["entered-in-error", "cancelled", "another-patient", "absent", "future"],
)
def test_unsafe_data_never_fire(fields: dict[str, Any]) -> None:
    unsafe = {name: v for name, v in (result("potassium", 6.8) | fields).items() if v is not None}
    assert cards(acute_labs=searchset(unsafe)) == []


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ({"valueQuantity": {"value": 6.8, "unit": "mg/dL"}}, "6.8 mg/dL"),
        ({"valueQuantity": {"value": 6.8, "unit": "what the device calls it"}}, "6.8"),
        ({"valueQuantity": None, "valueString": "6.8 (H)"}, "6.8"),
        ({"valueQuantity": {"value": 6.8, "unit": "mg/dL", "comparator": ">"}}, ">6.8 mg/dL"),
    ],
    ids=["another-quantity", "no-unit-at-all", "text", "bound"],
)
def test_a_result_whose_unit_is_not_known_is_to_be_checked(
    value: dict[str, Any], told: str
) -> None:
    sent = {name: v for name, v in (result("potassium", 0) | value).items() if v is not None}
    (card,) = cards(sent)
    assert card["indicator"] == "critical"
    assert card["summary"] == f"Check the unit: Potassium {told}, 2026-03-15 08:00"
    assert "It may be" in card["detail"]
    assert "6.8 mmol/L" in card["detail"]


def test_a_result_that_is_harmless_in_every_unit_is_not_asked_about() -> None:
    assert cards(result("potassium", 4.2, valueQuantity={"value": 4.2, "unit": "mg/dL"})) == []


@pytest.mark.parametrize("when", [None, "15/03/2026"], ids=["none", "unreadable"])
def test_a_critical_result_that_does_not_say_when_is_to_be_checked(when: str | None) -> None:
    sent = {
        name: each
        for name, each in (result("potassium", 6.8) | {"effectiveDateTime": when}).items()
        if each
    }
    (card,) = cards(acute_labs=searchset(sent, result("potassium", 4.4, "2026-03-14T08:00:00Z")))
    assert card["summary"] == "Check when this was taken: Potassium 6.8 mmol/L, undated"
    assert card["indicator"] == "critical"
    assert "suggestions" not in card
    harmless = sent | {"valueQuantity": {"value": 4.8, "unit": "mmol/L"}}
    assert cards(acute_labs=searchset(harmless)) == []
    withdrawn = sent | {"status": "entered-in-error"}
    assert cards(acute_labs=searchset(withdrawn)) == []


@pytest.mark.parametrize(
    "subject",
    [None, {"display": "someone"}, {"identifier": {"value": "1"}}, {"reference": "#patient"}],
    ids=["none", "name", "identifier", "contained"],
)
def test_a_critical_result_that_does_not_say_whose_it_is_is_to_be_checked(
    subject: dict[str, Any] | None,
) -> None:
    sent = {name: v for name, v in (result("potassium", 6.8) | {"subject": subject}).items() if v}
    (card,) = cards(acute_labs=searchset(sent))
    assert card["summary"] == "Check whose result this is: Potassium 6.8 mmol/L, 2026-03-15 08:00"
    assert card["indicator"] == "critical"
    assert "suggestions" not in card
    harmless = sent | {"valueQuantity": {"value": 4.8, "unit": "mmol/L"}}
    assert cards(acute_labs=searchset(harmless)) == []


def flagged(code: str, name: str = "potassium") -> dict[str, Any]:
    """A result without a number that its laboratory flags."""
    system = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
    sent = {k: v for k, v in result(name, 0).items() if k != "valueQuantity"}
    return sent | {"interpretation": [{"coding": [{"system": system, "code": code}]}]}


def test_a_result_that_is_flagged_critical_and_has_no_number_is_to_be_checked() -> None:
    (card,) = cards(flagged("HH"))
    told = "Check this result, flagged without a number: Potassium HH, 2026-03-15 08:00"
    assert (card["indicator"], card["summary"]) == ("critical", told)
    assert "suggestions" not in card
    assert cards(flagged("H")) == []
    assert cards(flagged("HH", "hdl")) == []


def test_a_glucose_meter_that_shows_lo_is_to_be_checked_until_it_is_measured_again() -> None:
    meter = {k: v for k, v in result("glucose", 0).items() if k != "valueQuantity"}
    (card,) = cards(meter | {"valueString": "LO"})
    assert card["summary"].startswith("Check this result, flagged without a number: Glucose LO")
    assert (
        cards(
            meter | {"valueString": "LO", "effectiveDateTime": TWO_DAYS_AGO}, result("glucose", 99)
        )
        == []
    )


@pytest.mark.parametrize("service", [SERVICE, "patient-risks"])
def test_a_critical_result_is_shown_where_no_patient_was_found(service: str) -> None:
    (card,) = ask(service, patient(), result("potassium", 6.8), patient=None)["cards"]
    assert card["summary"].startswith("Severe hyperkalaemia: Potassium 6.8 mmol/L")
    assert card["detail"].startswith("**The age is not known: no birth date was given.**")
    assert ask(service, patient(), result("potassium", 4.8), patient=None)["cards"] == []


def test_a_newer_result_in_its_unit_answers_one_whose_unit_is_not_known() -> None:
    unknown = result("potassium", 0, TWO_DAYS_AGO, valueQuantity={"value": 6.8, "unit": "mg/dL"})
    assert cards(unknown, result("potassium", 4.4)) == []


def test_a_bounded_result_fires_only_where_the_bound_proves_it() -> None:
    above = {"value": 8.0, "unit": "mmol/L", "comparator": ">"}
    below = {"value": 125, "unit": "mmol/L", "comparator": "<"}
    (card,) = cards(result("potassium", 0, valueQuantity=above))
    assert "above 8" in card["summary"]
    assert cards(result("sodium", 0, valueQuantity=below)) == []


# What may not be true


def test_a_haemolysed_repeat_is_no_repeat() -> None:
    again = result("potassium", 4.9) | HAEMOLYSED
    (card,) = cards(result("potassium", 6.8, YESTERDAY), again)
    assert card["summary"].startswith("Severe hyperkalaemia: Potassium 6.8")


def test_a_haemolysed_potassium_asks_for_the_repeat_and_not_for_treatment() -> None:
    (card,) = cards(result("potassium", 6.8) | HAEMOLYSED)
    assert card["summary"].startswith("Repeat now, the specimen was haemolysed: Potassium 6.8")
    assert card["indicator"] == "warning"
    assert "Request a repeat potassium now" in labels(card)


def test_a_haemolysed_potassium_that_was_repeated_well_is_quiet() -> None:
    assert cards(result("potassium", 6.8, YESTERDAY) | HAEMOLYSED, result("potassium", 4.4)) == []


def test_haemolysis_does_not_explain_a_low_potassium() -> None:
    (card,) = cards(result("potassium", 2.1) | HAEMOLYSED)
    assert card["summary"].startswith("Severe hypokalaemia")


def test_a_glucose_that_is_likelier_in_mmol_is_to_be_checked_and_not_called_hypoglycaemia() -> None:
    (card,) = cards(result("glucose", 12))
    assert card["summary"] == "Check the unit of this value: Glucose 12 mg/dL, 2026-03-15 08:00"
    assert card["indicator"] == "critical"
    assert "12 mmol/L is likelier than 12 mg/dL" in card["detail"]
    converted = {"value": 1.4, "unit": "mmol/L"}
    (card,) = cards(result("glucose", 0, valueQuantity=converted))
    assert card["summary"].startswith("Hypoglycaemia")


def test_a_value_beyond_the_plausible_range_is_checked_as_if_it_were_true() -> None:
    (card,) = cards(result("potassium", 14.2))
    assert card["summary"].startswith("Check this value, act as if it were true: Potassium 14.2")
    assert card["indicator"] == "critical"


# Potassium


@pytest.mark.parametrize(
    ("value", "indicator", "finding"),
    [(6.5, "critical", "Severe"), (6.4, "warning", "Moderate"), (6.0, "warning", "Moderate")],
)
def test_potassium_is_severe_from_6_5_and_moderate_from_6_0(
    value: float, indicator: str, finding: str
) -> None:
    (card,) = cards(result("potassium", value))
    assert card["indicator"] == indicator
    assert card["summary"].startswith(f"{finding} hyperkalaemia")
    assert labels(card) == ["Request a 12-lead ECG now", "Request a repeat potassium now"]


def test_a_potassium_below_6_0_alone_is_quiet() -> None:
    assert cards(result("potassium", 5.9)) == []


@pytest.mark.parametrize("value", [5.5, 6.2])
@pytest.mark.parametrize(
    ("chart", "sign"),
    [
        ([problem(AKI, onsetDateTime="2026-03-14")], "acute kidney injury"),
        (
            [result("creatinine", 2.9), result("creatinine", 1.2, TWO_DAYS_AGO)],
            "acute kidney injury",
        ),
        ([problem("102594003", onsetDateTime="2026-03-15")], "a recorded ECG change"),
        ([result("potassium", 4.8, MORNING)], "a rise of"),
    ],
    ids=["recorded-injury", "rising-creatinine", "ecg", "rise"],
)
def test_a_danger_sign_makes_a_raised_potassium_critical(
    value: float, chart: list[dict[str, Any]], sign: str
) -> None:
    found = cards(result("potassium", value), *chart)
    (card,) = [each for each in found if "Hyperkalaemia with a danger sign" in each["summary"]]
    assert card["indicator"] == "critical"
    assert sign in card["detail"]


@pytest.mark.parametrize(
    "chart",
    [
        [problem(AKI, onsetDateTime="2025-07-01")],
        [problem("102594003", onsetDateTime="2026-01-15")],
        [result("potassium", 5.4, MORNING)],
    ],
    ids=["old-injury", "old-ecg", "slow-rise"],
)
def test_what_is_old_or_slow_is_no_danger_sign(chart: list[dict[str, Any]]) -> None:
    assert cards(result("potassium", 5.8), *chart) == []


def test_a_mild_potassium_names_the_drugs_that_raise_it_where_there_are_two() -> None:
    drugs = [named(LISINOPRIL, "lisinopril 20 mg"), named(SPIRONOLACTONE, "spironolactone 50 mg")]
    (card,) = cards(result("potassium", 5.8), *drugs)
    assert card["indicator"] == "warning"
    assert "On the medication list: lisinopril 20 mg, spironolactone 50 mg." in card["detail"]
    assert cards(result("potassium", 5.8), drugs[0]) == []
    assert cards(result("potassium", 5.4), *drugs) == []


# Known and unchanged


@pytest.mark.parametrize(
    ("concept", "before", "same", "worse", "condition"),
    [
        ("platelets", 12, 11, 8, "32273002"),
        ("neutrophils_abs", 0.4, 0.4, 0.1, MALIGNANCY),
        ("potassium", 6.2, 6.3, 6.5, DIALYSIS),
    ],
)
def test_what_is_known_and_unchanged_is_quiet_and_a_change_is_not(
    concept: str, before: float, same: float, worse: float, condition: str
) -> None:
    earlier = result(concept, before, LAST_MONTH)
    assert cards(earlier, result(concept, same), problem(condition)) == []
    assert cards(earlier, result(concept, worse), problem(condition)) != []
    assert cards(earlier, result(concept, same)) != []
    assert cards(result(concept, same), problem(condition)) != []


def test_a_known_neutropenia_with_an_infection_is_not_quiet() -> None:
    known = [result("neutrophils_abs", 0.4, LAST_MONTH), result("neutrophils_abs", 0.4)]
    (card,) = cards(*known, problem(MALIGNANCY), problem("233604007"))
    assert card["indicator"] == "critical"


def test_a_known_potassium_with_a_danger_sign_is_not_quiet() -> None:
    ecg = problem("102594003", onsetDateTime="2026-03-15")
    known = [result("potassium", 6.2, LAST_MONTH), result("potassium", 6.2), problem(DIALYSIS)]
    (card,) = cards(*known, ecg)
    assert card["indicator"] == "critical"


# A fall of haemoglobin, troponin


def test_a_fall_of_haemoglobin_warns_from_2_g_within_two_days() -> None:
    (card,) = cards(result("hemoglobin", 13.5, YESTERDAY), result("hemoglobin", 8.1))
    assert card["summary"].startswith("Fall of haemoglobin by 5.4 g/dL: Haemoglobin 8.1 g/dL")
    assert cards(result("hemoglobin", 10.0, YESTERDAY), result("hemoglobin", 8.1)) == []
    assert cards(result("hemoglobin", 13.5, LAST_MONTH), result("hemoglobin", 8.1)) == []


def limited(value: float, at: str = MORNING, upper: float = 14) -> dict[str, Any]:
    """A troponin T with the reference limit of its assay."""
    return result("troponin_t", value, at, referenceRange=[{"high": {"value": upper}}])


def test_a_troponin_far_above_its_own_limit_is_critical() -> None:
    (card,) = cards(limited(71))
    assert card["indicator"] == "critical"
    assert "Its reference limit is 14 ng/L." in card["detail"]
    assert cards(limited(70)) == []
    assert cards(result("troponin_t", 71)) == []


def test_a_troponin_above_its_limit_warns_if_it_changes_by_a_fifth() -> None:
    later = "2026-03-15T09:00:00Z"
    (card,) = cards(limited(30), limited(36, later))
    assert card["indicator"] == "warning"
    assert cards(limited(30), limited(35, later)) == []
    assert cards(limited(8), limited(13, later)) == []


# Kidney injury


def test_kidney_injury_names_its_stage_and_baseline() -> None:
    (card,) = cards(result("creatinine", 2.9), result("creatinine", 1.2, TWO_DAYS_AGO))
    assert "KDIGO stage 2" in card["summary"]
    assert card["indicator"] == "warning"
    assert "1.2 mg/dL (lowest of the 7 days before)" in card["detail"]
    assert "Record acute kidney injury (provisional)" in labels(card)


def test_stage_3_is_critical_unless_creatinine_falls() -> None:
    before = result("creatinine", 1.1, TWO_DAYS_AGO)
    (card,) = cards(result("creatinine", 4.4), before)
    assert card["indicator"] == "critical"
    (card,) = cards(result("creatinine", 4.4), result("creatinine", 4.9, YESTERDAY), before)
    assert card["indicator"] == "warning"


def test_a_creatinine_of_4_without_an_acute_rise_is_no_injury() -> None:
    assert cards(result("creatinine", 4.4), result("creatinine", 4.2, TWO_DAYS_AGO)) == []


def test_the_suggested_condition_is_provisional() -> None:
    (card,) = cards(result("creatinine", 2.9), result("creatinine", 1.2, TWO_DAYS_AGO))
    resources = [each["actions"][0]["resource"] for each in card["suggestions"]]
    (condition,) = [each for each in resources if each["resourceType"] == "Condition"]
    assert condition["verificationStatus"]["coding"][0]["code"] == "provisional"


def test_kidney_injury_under_dialysis_is_quiet() -> None:
    creatinine = (result("creatinine", 2.9), result("creatinine", 1.2, TWO_DAYS_AGO))
    assert cards(*creatinine, problem(DIALYSIS)) == []


@pytest.mark.parametrize("verification", ["confirmed", "provisional"])
def test_an_injury_of_this_episode_quietens_only_the_offer_to_record_it(verification: str) -> None:
    creatinine = (result("creatinine", 2.9), result("creatinine", 1.2, TWO_DAYS_AGO))
    status = {"coding": [{"code": verification}]}
    recorded = problem(AKI, onsetDateTime="2026-03-14", verificationStatus=status)
    (card,) = cards(*creatinine, recorded)
    assert labels(card) == ["Request a repeat creatinine"]


def test_an_injury_of_another_episode_quietens_nothing() -> None:
    creatinine = (result("creatinine", 4.4), result("creatinine", 1.1, TWO_DAYS_AGO))
    (card,) = cards(*creatinine, problem(AKI, onsetDateTime="2025-07-18"))
    assert card["indicator"] == "critical"
    assert "Record acute kidney injury (provisional)" in labels(card)


# Drugs


def test_metformin_below_an_egfr_of_30() -> None:
    creatinine = result("creatinine", 2.9, "2026-02-01")
    (card,) = cards(creatinine, order(METFORMIN))
    assert "Metformin is contraindicated" in card["summary"]
    assert cards(creatinine) == []
    assert cards(result("creatinine", 1.9, "2026-02-01"), order(METFORMIN)) == []


def test_an_anticoagulant_together_with_an_nsaid_names_both() -> None:
    both = [named(APIXABAN, "apixaban 5 mg"), named(IBUPROFEN, "ibuprofen 400 mg")]
    (card,) = cards(*both)
    assert card["summary"] == (
        "Anticoagulant together with an NSAID: apixaban 5 mg and ibuprofen 400 mg"
    )
    assert cards(order(APIXABAN)) == []
    assert cards(order(APIXABAN), order(IBUPROFEN, status="stopped")) == []


# For whom


@pytest.mark.parametrize("born", ["2016-10-21", None], ids=["child", "unknown"])
def test_of_a_child_or_an_unknown_age_what_is_critical_is_shown_with_its_caveat(
    born: str | None,
) -> None:
    found = [result("potassium", 6.8), result("hemoglobin", 13, YESTERDAY), result("hemoglobin", 9)]
    answer = ask(SERVICE, patient(birthDate=born), *found)
    (card,) = answer["cards"]
    assert card["summary"].startswith("Severe hyperkalaemia")
    assert "The thresholds are those of adults." in card["detail"]


@pytest.mark.parametrize("code", ["103735009", "304253006"], ids=["palliative", "resuscitation"])
def test_palliative_care_and_a_resuscitation_order_mute_nothing(code: str) -> None:
    (card,) = cards(result("potassium", 6.8), problem(code))
    assert card["indicator"] == "critical"
    assert card["suggestions"]


def test_under_comfort_measures_now_results_are_information() -> None:
    (card,) = cards(result("potassium", 6.8), problem("133918004", onsetDateTime="2026-03-13"))
    assert card["indicator"] == "info"
    assert "Comfort measures are recorded" in card["detail"]
    assert "suggestions" not in card


def test_comfort_measures_of_long_ago_change_nothing() -> None:
    (card,) = cards(result("potassium", 6.8), problem("133918004", onsetDateTime="2025-01-13"))
    assert card["indicator"] == "critical"


def test_a_sites_own_table_replaces_the_published_one() -> None:
    own = site(potassium_high=7.0, potassium_moderate=6.8, inr_high=4.0)
    assert cards(result("potassium", 6.6), settings=own) == []
    (card,) = cards(result("inr", 4.2), settings=own)
    assert card["source"]["label"] == "This site's critical values"


def test_metformin_is_forbidden_by_an_egfr_that_is_only_said_to_be_below_a_limit() -> None:
    unit = {"unit": "mL/min/{1.73_m2}"}
    below = result("egfr", 15, valueQuantity={"value": 15, "comparator": "<", **unit})
    (card,) = cards(order(METFORMIN), below)
    assert card["summary"].startswith("Metformin is contraindicated below eGFR 30: eGFR below 15")
    above = result("egfr", 20, valueQuantity={"value": 20, "comparator": ">", **unit})
    assert cards(order(METFORMIN), above) == []
