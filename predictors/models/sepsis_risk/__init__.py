"""Sepsis within hours in intensive care: boosted trees over days of vital signs and laboratory."""

from pathlib import Path

from predictors.models.sepsis_risk.features import (
    FEATURES,
    LAB_HOURS,
    LABS,
    VITAL_HOURS,
    VITALS,
    row,
)
from predictors.models.sepsis_risk.hours import SEQUENCE, sequence_row
from predictors.predictor import Link
from predictors.score import age, series, visited
from predictors.tree_model import Reading, tree_model

OUTCOME = "sepsis"
HOURS = 6
AT_OR_AFTER_ONSET = "37 % of the hours that it learned from as sepsis lie at or after the onset"
"""The label is true from HOURS before the onset to the end of the record; of either hospital."""

UNITS = {
    "heart_rate": "/min",
    "spo2": "%",
    "temperature": "Cel",
    "sbp": "mm[Hg]",
    "map": "mm[Hg]",
    "dbp": "mm[Hg]",
    "resp_rate": "/min",
    "fio2": "%",
    "bicarbonate": "mmol/L",
    "ph": "[pH]",
    "paco2": "mm[Hg]",
    "bun": "mg/dL",
    "creatinine": "mg/dL",
    "calcium": "mg/dL",
    "phosphate": "mg/dL",
    "magnesium": "mg/dL",
    "potassium": "mmol/L",
    "chloride": "mmol/L",
    "glucose": "mg/dL",
    "lactate": "mmol/L",
    "bilirubin_total": "mg/dL",
    "ast": "U/L",
    "alp": "U/L",
    "hematocrit": "%",
    "hemoglobin": "g/dL",
    "ptt": "s",
    "wbc": "10*9/L",
    "platelets": "10*9/L",
}

sepsis_risk = tree_model(
    "sepsis-risk",
    title="Sepsis model",
    version="2",
    citation="Trained on the PhysioNet/CinC Challenge 2019: Reyna MA et al. Crit Care Med "
    "2020;48:210-7",
    url="https://doi.org/10.1097/CCM.0000000000004145",
    population=(
        f"Adults of 18 to 89 years in intensive care in two US hospitals; {AT_OR_AFTER_ONSET}."
    ),
    inputs={
        "age": age(18, 89),
        "intensive_care_hours": visited("h", 0),
        **{each.name: series(UNITS[each.name], hours=VITAL_HOURS) for each in VITALS},
        **{each.name: series(UNITS[each.name], hours=LAB_HOURS) for each in LABS},
    },
    required=("age",),
    features=FEATURES,
    row=row,
    outcome=OUTCOME,
    link=Link.LOGISTIC,
    folder=Path(__file__).parent,
    hours=HOURS,
    note="or already there",
    others=(Reading(SEQUENCE, sequence_row),),
)
