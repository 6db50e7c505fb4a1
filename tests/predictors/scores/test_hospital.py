from typing import Any

import pytest

from predictors.predictor import Predictor
from predictors.scores.hospital import hospital_2013, hospital_2016, hospital_simplified
from tests.predictors.examples import Facts
from tests.predictors.scores.vectors import vectors

NOTHING: Facts = {
    "hemoglobin": 14,
    "oncology_discharge": False,
    "malignancy": False,
    "sodium": 140,
    "procedure_during_stay": False,
    "urgent_admission": False,
    "inpatient_visits": 0,
    "inpatient_days": 2,
}


def points(predictor: Predictor, **changed: float | bool) -> float:
    return predictor.assess({**NOTHING, **changed}).predictions[0].value


@pytest.mark.parametrize(
    ("predictor", "version"), [(hospital_2013, "score_2013"), (hospital_2016, "score_2016")]
)
@pytest.mark.parametrize("vector", vectors("hospital"))
def test_reference(predictor: Predictor, version: str, vector: dict[str, Any]) -> None:
    given = vector["inputs"]
    found = points(
        predictor,
        hemoglobin=given["hb"],
        oncology_discharge=bool(given["oncology"]),
        sodium=given["sodium"],
        procedure_during_stay=bool(given["procedure"]),
        urgent_admission=bool(given["urgent"]),
        inpatient_visits=given["admissions_12m"],
        inpatient_days=given["los_days"],
    )
    assert found == vector["expected"][version]


@pytest.mark.parametrize(
    ("predictor", "bands"),
    [
        (hospital_2013, {0: 0, 1: 2, 5: 2, 6: 5}),
        (hospital_2016, {0: 0, 1: 0, 2: 2, 5: 2, 6: 5}),
        (hospital_simplified, {0: 0, 1: 0, 2: 2, 5: 2, 6: 5}),
    ],
)
def test_versions_differ_in_earlier_admissions(
    predictor: Predictor, bands: dict[float, float]
) -> None:
    assert {n: points(predictor, inpatient_visits=n) for n in bands} == bands


@pytest.mark.parametrize("predictor", [hospital_2013, hospital_2016, hospital_simplified])
def test_results_count_below_their_limit_and_the_stay_from_five_days(predictor: Predictor) -> None:
    assert points(predictor, hemoglobin=12, sodium=135, inpatient_days=4.9) == 0
    assert points(predictor, hemoglobin=11.9) == points(predictor, sodium=134) == 1
    assert points(predictor, inpatient_days=5) == 2


def test_the_simplified_score_counts_any_cancer_and_no_procedure() -> None:
    assert points(hospital_simplified, procedure_during_stay=True) == 0
    assert points(hospital_simplified, malignancy=True) == 2
    assert points(hospital_simplified, malignancy=True, oncology_discharge=True) == 2
    assert points(hospital_2016, malignancy=True) == 0


def test_an_unknown_ward_could_add_an_oncology_discharge() -> None:
    facts = {key: value for key, value in NOTHING.items() if key != "oncology_discharge"}
    prediction = hospital_simplified.assess(facts)["HOSPITAL (simplified)"]
    assert (prediction.low, prediction.high) == (0, 2)


@pytest.mark.parametrize(
    ("admissions", "stay", "band"), [(2, 5, "low"), (6, 4, "intermediate"), (6, 5, "high")]
)
def test_the_band_is_named(admissions: float, stay: float, band: str) -> None:
    facts: Facts = {**NOTHING, "inpatient_visits": admissions, "inpatient_days": stay}
    assert hospital_2016.assess(facts)["HOSPITAL (2016)"].note == band
