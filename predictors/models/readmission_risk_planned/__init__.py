"""Readmission within 30 days of a stay with diabetes, once it is planned where the patient goes."""

from pathlib import Path

from predictors.models.readmission_risk import CITATION, HOURS, INPUTS, OUTCOME, REQUIRED, URL
from predictors.models.readmission_risk.features import (
    DISPOSITIONS,
    PLANNED_FEATURES,
    planned_row,
)
from predictors.predictor import Link
from predictors.score import visited
from predictors.tree_model import tree_model

readmission_risk_planned = tree_model(
    "readmission-risk-planned",
    title="Readmission model for patients with diabetes, discharge planned",
    version="2",
    citation=CITATION,
    url=URL,
    population=(
        "Inpatients of 20 years or more with diabetes, on days 1 to 14 of the stay, "
        "with a planned discharge that is not to a hospice."
    ),
    inputs={**INPUTS, "discharge_disposition": visited(codes=DISPOSITIONS)},
    required=REQUIRED,
    features=PLANNED_FEATURES,
    row=planned_row,
    outcome=OUTCOME,
    link=Link.LOGISTIC,
    folder=Path(__file__).parent,
    hours=HOURS,
)
