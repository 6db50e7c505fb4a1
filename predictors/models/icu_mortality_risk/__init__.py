"""Death in hospital from the first 48 hours in intensive care: trees with a linear part."""

from pathlib import Path

from predictors.models.icu_mortality_risk.features import FEATURES, HOURS, LATEST, VARIABLES, row
from predictors.predictor import Link
from predictors.score import age, series, value, visited
from predictors.tree_model import tree_model

OUTCOME = "death in hospital"

UNITS = {
    "heart_rate": "/min",
    "sbp": "mm[Hg]",
    "dbp": "mm[Hg]",
    "map": "mm[Hg]",
    "resp_rate": "/min",
    "temperature": "Cel",
    "gcs_total": "{score}",
    "fio2": "%",
    "pao2": "mm[Hg]",
    "paco2": "mm[Hg]",
    "ph": "[pH]",
    "creatinine": "mg/dL",
    "bun": "mg/dL",
    "potassium": "mmol/L",
    "bicarbonate": "mmol/L",
    "glucose": "mg/dL",
    "hematocrit": "%",
    "platelets": "10*9/L",
    "bilirubin_total": "mg/dL",
    "alp": "U/L",
    "albumin": "g/dL",
    "lactate": "mmol/L",
    "magnesium": "mg/dL",
    "peep": "cm[H2O]",
    "urine_output": "mL",
}

icu_mortality_risk = tree_model(
    "icu-mortality-risk",
    title="ICU mortality model",
    version="2",
    citation="Trained on the PhysioNet/CinC Challenge 2012: Silva I et al. Comput Cardiol "
    "2012;39:245-8",
    url="https://physionet.org/content/challenge-2012/1.0.0/",
    population=(
        "Adults still in intensive care 48 hours after they came: coronary, cardiac surgery "
        "recovery, medical and surgical units of one US hospital, 2001-08."
    ),
    inputs={
        "age": age(15),
        "intensive_care_hours": visited("h", HOURS, LATEST),
        "weight": value("kg", window="acute"),
        **{each.name: series(UNITS[each.name], hours=LATEST) for each in VARIABLES},
    },
    required=("age", "intensive_care_hours"),
    features=FEATURES,
    row=row,
    outcome=OUTCOME,
    link=Link.LOGISTIC,
    folder=Path(__file__).parent,
)
