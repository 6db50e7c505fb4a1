import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from predictors.models.serious_illness_mortality import HELD, serious_illness_mortality
from predictors.models.serious_illness_mortality.data import (
    held_out,
    read,
    set_aside,
    until_death,
)
from predictors.models.serious_illness_mortality.features import FEATURES, QUALIFYING, row
from predictors.predictor import NotAssessed, Value
from tests.predictors.pinned import pinned

NAMES = [each.name for each in FEATURES]
PATIENT: dict[str, Value] = {
    "age": 70,
    "inpatient_days": 4.2,
    "avpu": "alert",
    "map": 80.0,
    "heart_rate": 90.0,
    "resp_rate": 20.0,
    "temperature": 37.0,
    "sodium": 138.0,
    "creatinine": 1.1,
    **dict.fromkeys(HELD, False),
}
ROW = {
    "age": 62.8,
    "death": 0,
    "d.time": 900,
    "sex": "male",
    "race": "white",
    "dzgroup": "CHF",
    "ca": "no",
    "diabetes": 0,
    "dementia": 0,
    "scoma": 0.0,
    "hday": 1,
    "meanbp": 85.0,
    "hrt": 90.0,
    "resp": 20.0,
    "temp": 37.0,
    "sod": 138.0,
    "crea": 1.1,
    "wblc": 9.0,
    "alb": 3.5,
    "bili": 0.8,
    "bun": 20.0,
    "glucose": 120.0,
    "ph": 7.41,
    "urine": 1800.0,
    "pafi": 320.0,
    "sps": 20.0,
    "surv6m": 0.6,
    "prg6m": 0.5,
}


def table(folder: Path, *patients: dict[str, object]) -> Path:
    rows = [{**ROW, "sno": number, **each} for number, each in enumerate(patients, start=1)]
    pd.DataFrame(rows).to_csv(folder / "support2.csv", index=False)
    return folder / "support2.csv"


def feature(name: str, facts: dict[str, Value]) -> float:
    return float(row(facts)[NAMES.index(name)])


def risk(**changed: Value) -> float:
    (told,) = pinned(serious_illness_mortality).assess({**PATIENT, **changed}).predictions
    return told.value


def test_what_was_not_measured_is_a_missing_feature() -> None:
    missing = [name for name, value in zip(NAMES, row(PATIENT), strict=True) if np.isnan(value)]
    assert missing == [
        "wbc",
        "albumin",
        "bilirubin_total",
        "bun",
        "glucose",
        "ph",
        "urine_output_24h",
        "pao2_fio2",
    ]


def test_oxygen_is_the_ratio_of_its_pressure_to_the_inspired_fraction() -> None:
    assert feature("pao2_fio2", {**PATIENT, "pao2": 80.0, "fio2": 40.0}) == pytest.approx(200)
    assert math.isnan(feature("pao2_fio2", {**PATIENT, "pao2": 80.0}))


@pytest.mark.parametrize("failure", ["sepsis", "respiratory_failure"])
@pytest.mark.parametrize("disease", QUALIFYING)
def test_a_chronic_disease_counts_where_no_organ_failure_is_recorded(
    disease: str, failure: str
) -> None:
    alone: dict[str, Value] = {**PATIENT, disease: True}
    assert feature(f"{disease}_alone", alone) == 1
    assert feature(f"{disease}_alone", {**alone, failure: True}) == 0
    assert feature(f"{disease}_alone", PATIENT) == 0


@pytest.mark.parametrize("level", ["confused", "voice", "pain"])
def test_whoever_is_not_alert_is_at_higher_risk(level: str) -> None:
    assert risk(avpu=level) > risk(avpu="alert")


def test_the_risk_does_not_fall_with_age_or_with_cancer_that_has_spread() -> None:
    risks = [risk(age=age) for age in range(30, 100, 5)]
    assert risks == sorted(risks)
    assert risk(malignancy=True, metastatic=True) >= risk(malignancy=True) >= risk()


def test_contributions_are_exact_on_the_log_odds() -> None:
    (told,) = pinned(serious_illness_mortality).assess(PATIENT).explained().predictions
    total = math.fsum((told.baseline, *(each.amount for each in told.contributions)))
    assert told.value == pytest.approx(1 / (1 + math.exp(-total)), abs=1e-9)
    assert told.hours == 180 * 24


@pytest.mark.parametrize("changed", [{"age": 17}, {"avpu": "unresponsive"}])
def test_it_refuses_whom_the_data_did_not_hold(changed: dict[str, Value]) -> None:
    with pytest.raises(NotAssessed):
        pinned(serious_illness_mortality).assess({**PATIENT, **changed})


@pytest.mark.parametrize("lacking", ["avpu", "map", "creatinine", "inpatient_days"])
def test_it_refuses_whoever_lacks_what_every_patient_of_the_data_had(lacking: str) -> None:
    facts = {name: value for name, value in PATIENT.items() if name != lacking}
    with pytest.raises(NotAssessed):
        pinned(serious_illness_mortality).assess(facts)


def test_race_sex_and_the_orders_of_others_are_no_inputs() -> None:
    inputs = {each.name for each in serious_illness_mortality.inputs}
    assert not inputs & {"race", "sex", "dnr", "income", "edu"}


def test_a_death_counts_until_the_180th_day(tmp_path: Path) -> None:
    days: list[dict[str, object]] = [
        {"death": 1, "d.time": 180},
        {"death": 1, "d.time": 181},
        {"death": 0, "d.time": 900},
    ]
    path = table(tmp_path, *days)
    assert read(path, "support2").events.tolist() == [True, False, False]
    assert until_death(path).years[0] == pytest.approx(180 / 365.25)


@pytest.mark.parametrize(
    "left_out", [{"dzgroup": "Coma"}, {"meanbp": 0.0}, {"scoma": None}, {"crea": None}]
)
def test_coma_and_whoever_lacks_what_is_required_are_left_out(
    left_out: dict[str, object], tmp_path: Path
) -> None:
    assert len(read(table(tmp_path, {}, left_out), "support2")) == 1


def test_an_implausible_value_counts_as_not_measured(tmp_path: Path) -> None:
    rows = read(table(tmp_path, {"alb": 29.0}), "support2").rows
    assert np.isnan(rows[0, NAMES.index("albumin")])


def test_the_stay_counts_to_the_third_day_of_the_study(tmp_path: Path) -> None:
    days: list[dict[str, object]] = [{"hday": each} for each in (1, 5, 148)]
    rows = read(table(tmp_path, *days), "support2").rows
    assert rows[:, NAMES.index("days")].tolist() == [3, 7, 60]


def test_what_the_study_predicted_stands_beside_and_higher_is_riskier(tmp_path: Path) -> None:
    patients = read(table(tmp_path, {"surv6m": 0.9}, {"surv6m": 0.1}), "support2")
    safe, sick = patients.comparators["SUPPORT model, 6 months"].tolist()
    assert safe < sick


def test_three_tenths_are_held_out(tmp_path: Path) -> None:
    patients = read(table(tmp_path, *({} for _ in range(600))), "support2")
    assert len(held_out(patients)) == set_aside(patients).sum()
    assert 120 < set_aside(patients).sum() < 240


def test_another_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="support2 is"):
        read(tmp_path, "gbsg")
