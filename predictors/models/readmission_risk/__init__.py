"""Readmission within 30 days of a stay with diabetes, while no discharge is planned yet."""

from pathlib import Path

from predictors.models.readmission_risk.features import (
    CONDITIONS,
    COUNTS,
    FEATURES,
    MEDICATIONS,
    PRIORITIES,
    row,
)
from predictors.predictor import Link
from predictors.score import age, condition, medication, visited
from predictors.tree_model import tree_model

OUTCOME = "readmission"
HOURS = 30 * 24

INPUTS = {
    "age": age(20, 110),
    "inpatient_days": visited("d", 0, 14),
    **{name: visited("{#}", 0) for name in COUNTS},
    **{name: medication() for name in MEDICATIONS},
    **{name: condition() for name in CONDITIONS},
    "admission_priority": visited(codes=PRIORITIES),
}
REQUIRED = ("age", "inpatient_days", *COUNTS, *MEDICATIONS, *CONDITIONS)

CITATION = "Diabetes 130-US hospitals 1999-2008: Strack B et al. BioMed Res Int 2014;2014:781670"
URL = "https://doi.org/10.1155/2014/781670"

readmission_risk = tree_model(
    "readmission-risk",
    title="Readmission model for patients with diabetes",
    version="2",
    citation=CITATION,
    url=URL,
    population=(
        "Inpatients of 20 years or more with diabetes, on days 1 to 14 of the stay, "
        "while no discharge is planned."
    ),
    inputs=INPUTS,
    required=REQUIRED,
    features=FEATURES,
    row=row,
    outcome=OUTCOME,
    link=Link.LOGISTIC,
    folder=Path(__file__).parent,
    hours=HOURS,
)
