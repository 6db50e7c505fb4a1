"""Readmission within 30 days of a stay in hospital with diabetes, as if discharged today."""

from pathlib import Path

from predictors.models.readmission_risk.features import (
    CONDITIONS,
    COUNTS,
    DISPOSITIONS,
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

readmission_risk = tree_model(
    "readmission-risk",
    title="Readmission model for patients with diabetes",
    version="1",
    citation="Diabetes 130-US hospitals 1999-2008: Strack B et al. BioMed Res Int 2014;2014:781670",
    url="https://doi.org/10.1155/2014/781670",
    population=(
        "Inpatients of 20 years or more with diabetes, on days 1 to 14 of the stay, "
        "who are not going to a hospice."
    ),
    inputs={
        "age": age(20, 110),
        "inpatient_days": visited("d", 0, 14),
        **{name: visited("{#}", 0) for name in COUNTS},
        **{name: medication() for name in MEDICATIONS},
        **{name: condition() for name in CONDITIONS},
        "admission_priority": visited(codes=PRIORITIES),
        "discharge_disposition": visited(codes=DISPOSITIONS),
    },
    required=("age", "inpatient_days", *COUNTS, *MEDICATIONS, *CONDITIONS),
    features=FEATURES,
    row=row,
    outcome=OUTCOME,
    link=Link.LOGISTIC,
    folder=Path(__file__).parent,
    hours=HOURS,
)
