import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from predictors import model_folder
from predictors.models.readmission_risk import icd9, readmission_risk
from predictors.models.readmission_risk.data import held_out, read, set_aside
from predictors.models.readmission_risk.features import (
    CONDITIONS,
    COUNTS,
    DISPOSITIONS,
    MEDICATIONS,
    PLANNED_FEATURES,
    planned_row,
    row,
)
from predictors.models.readmission_risk_planned import readmission_risk_planned
from predictors.models.readmission_risk_planned.data import read as read_planned
from predictors.predictor import NotAssessed, Predictor, Value
from predictors.training.cohort import Cohort
from predictors.training.ranking import auroc, ranking
from predictors.tree_model import margins, require_model
from tests.beside import beside
from tests.predictors.pinned import pinned

NAMES = [each.name for each in PLANNED_FEATURES]
MODELS = (readmission_risk, readmission_risk_planned)
STAY: dict[str, Value] = {
    "age": 67,
    "inpatient_days": 3.2,
    **dict.fromkeys(COUNTS, 1.0),
    **dict.fromkeys(MEDICATIONS, True),
    **dict.fromkeys(CONDITIONS, False),
}
ROW = {
    "patient_nbr": "1",
    "race": "Caucasian",
    "gender": "Female",
    "age": "[70-80)",
    "time_in_hospital": "3",
    "admission_type_id": "1",
    "discharge_disposition_id": "1",
    "number_inpatient": "0",
    "number_emergency": "0",
    "number_outpatient": "0",
    "num_medications": "12",
    "diag_1": "428",
    "diag_2": "V57",
    "diag_3": "250.02",
    "insulin": "Up",
    "metformin": "No",
    "glyburide-metformin": "No",
    "glipizide-metformin": "No",
    "metformin-rosiglitazone": "No",
    "metformin-pioglitazone": "No",
    "diabetesMed": "Yes",
    "readmitted": "NO",
}


def table(folder: Path, *stays: dict[str, str]) -> Path:
    rows = [{**ROW, "encounter_id": str(number), **each} for number, each in enumerate(stays)]
    pd.DataFrame(rows).to_csv(folder / "diabetic_data.csv", index=False)
    return folder / "diabetic_data.csv"


def column(path: Path, feature: str) -> list[float]:
    found: list[float] = read(path, "diabetes130").rows[:, NAMES.index(feature)].tolist()
    return found


def test_what_is_not_known_of_the_stay_is_a_missing_feature() -> None:
    found = dict(zip(NAMES, planned_row(STAY).tolist(), strict=True))
    assert math.isnan(found["admission_priority"])
    assert all(math.isnan(found[f"to_{code}"]) for code in DISPOSITIONS)
    assert (found["age_decade"], found["days"]) == (6.0, 4.0)


def test_a_stay_is_counted_in_days_begun_and_to_fourteen() -> None:
    days = [row({**STAY, "inpatient_days": each})[1] for each in (0.0, 0.5, 1.0, 1.01, 14.0, 40.0)]
    assert days == [1, 1, 1, 2, 14, 14]


def test_a_planned_discharge_is_one_of_its_kinds() -> None:
    found = planned_row({**STAY, "discharge_disposition": "rehabilitation"})[-len(DISPOSITIONS) :]
    assert found.tolist() == [float(code == "rehabilitation") for code in DISPOSITIONS]
    assert planned_row(STAY)[: -len(DISPOSITIONS)].tolist()[:-1] == row(STAY).tolist()[:-1]


def test_a_stay_in_rehabilitation_is_riskier_than_one_at_home_for_the_model_that_knows() -> None:
    risks = [
        pinned(readmission_risk_planned)
        .assess({**STAY, "discharge_disposition": each})
        .predictions[0]
        .value
        for each in ("home", "rehabilitation")
    ]
    assert risks[0] < risks[1]


def test_the_model_of_no_planned_discharge_does_not_ask_for_one() -> None:
    assert "discharge_disposition" not in {each.name for each in readmission_risk.inputs}
    assert "discharge_disposition" in {each.name for each in readmission_risk_planned.inputs}


@pytest.mark.parametrize("model", MODELS)
def test_contributions_are_exact_on_the_log_odds(model: Predictor) -> None:
    facts: dict[str, Value] = {**STAY, "discharge_disposition": "home"}
    (told,) = pinned(model).assess(facts).explained().predictions
    total = math.fsum((told.baseline, *(each.amount for each in told.contributions)))
    assert told.value == pytest.approx(1 / (1 + math.exp(-total)), abs=1e-9)


@pytest.mark.parametrize(
    "changed", [{"age": 19}, {"inpatient_days": 15.0}, {"discharge_disposition": "hospice"}]
)
def test_it_refuses_whom_the_data_did_not_hold(changed: dict[str, Value]) -> None:
    with pytest.raises(NotAssessed):
        pinned(readmission_risk_planned).assess({**STAY, **changed})


def test_race_and_sex_are_no_inputs() -> None:
    for model in MODELS:
        assert not {"race", "sex"} & {each.name for each in model.inputs}


@pytest.mark.parametrize(
    ("code", "groups"),
    [
        ("428", {"heart_failure"}),
        ("250.73", {"diabetes_complicated"}),
        ("250.83", set()),
        ("305", set()),
        ("402", {"hypertension"}),
        ("441", set()),
        ("487", {"infection_suspected"}),
        ("490", set()),
        ("995", set()),
        ("250.13", {"diabetes_acute"}),
        ("250.02", set()),
        ("410", {"mi", "cad"}),
        ("V57", set()),
        ("?", set()),
    ],
)
def test_a_diagnosis_is_of_its_groups(code: str, groups: set[str]) -> None:
    number = np.array([icd9.number(code)])
    assert {name for name in CONDITIONS if icd9.recorded(name, [number])[0]} == groups


def test_every_condition_has_its_codes() -> None:
    assert set(icd9.GROUPS) == set(CONDITIONS)


def test_a_diagnosis_of_an_earlier_stay_stays_on_the_chart_and_a_later_one_is_not_known(
    tmp_path: Path,
) -> None:
    path = table(tmp_path, {}, {"diag_1": "486"}, {"diag_1": "250.6"}, {"patient_nbr": "2"})
    assert column(path, "pneumonia") == [0, 1, 1, 0]


def test_the_most_visits_are_those_up_to_the_stay(tmp_path: Path) -> None:
    counts = [{"number_inpatient": each} for each in ("1", "4", "2")]
    assert column(table(tmp_path, *counts), "most_inpatient_visits") == [1, 4, 4]


def test_stays_are_put_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    later = {"encounter_id": "9", "number_inpatient": "0"}
    path = table(tmp_path, later, {"encounter_id": "3", "number_inpatient": "5"})
    assert column(path, "most_inpatient_visits") == [5, 5]


@pytest.mark.parametrize(
    "left_out",
    [{"discharge_disposition_id": "11"}, {"discharge_disposition_id": "13"}, {"age": "[10-20)"}],
)
def test_deaths_hospices_and_the_young_are_left_out(
    left_out: dict[str, str], tmp_path: Path
) -> None:
    assert len(read(table(tmp_path, {}, left_out), "diabetes130")) == 1


def test_only_a_readmission_within_30_days_counts(tmp_path: Path) -> None:
    path = table(tmp_path, *({"readmitted": each} for each in ("<30", ">30", "NO")))
    assert read(path, "diabetes130").events.tolist() == [True, False, False]


def test_a_patient_is_held_out_with_all_stays(tmp_path: Path) -> None:
    patients = ({"patient_nbr": str(number // 3)} for number in range(600))
    stays = read(table(tmp_path, *patients), "diabetes130")
    aside = set(held_out(stays).patients.tolist())
    assert 20 < len(aside) < 60
    assert not aside & set(stays.patients[~set_aside(stays)].tolist())


def test_another_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="diabetes130 is"):
        read(tmp_path, "gbsg")


@pytest.mark.parametrize(
    ("model", "reading"),
    list(zip(MODELS, (read, read_planned), strict=True)),
    ids=["before", "planned"],
)
def test_on_patients_held_out_it_ranks_as_its_manifest_says(
    model: Predictor, reading: Callable[[Path, str], Cohort]
) -> None:
    stays = held_out(reading(beside("data/diabetes130_part.parquet"), "diabetes130"))
    fitted = require_model(pinned(model)).fitted
    assert fitted is not None
    counts = ranking(stays.events, margins(fitted.model, stays.rows)).counts(np.ones(len(stays)))
    declared = require_model(model)
    made = model_folder.read(declared.folder, model_folder.pins()[declared.name]).manifest
    told = next(
        each.value
        for each in made.metrics
        if (each.cohort, each.subgroup, each.name) == ("held out", "", "auroc")
    )
    assert auroc(counts) == pytest.approx(told, abs=1e-4)
