"""Death within 180 days of seriously ill inpatients, for palliative planning: SUPPORT, 1989-94."""

from pathlib import Path

from predictors.models.serious_illness_mortality.features import (
    ALWAYS,
    CONDITIONS,
    FEATURES,
    MEASURED,
    ORGAN_FAILURE,
    OXYGEN,
    QUALIFYING,
    row,
)
from predictors.predictor import Link
from predictors.score import age, coded, condition, value, visited
from predictors.tree_model import tree_model

OUTCOME = "death"
DAYS = 180
HELD = (*QUALIFYING, *CONDITIONS, *ORGAN_FAILURE)

serious_illness_mortality = tree_model(
    "serious-illness-mortality",
    title="Mortality model for serious illness",
    version="1",
    citation="Trained on SUPPORT, 1989-94: Knaus WA et al. Ann Intern Med 1995;122:191-203",
    url="https://doi.org/10.7326/0003-4819-122-3-199502010-00007",
    population=(
        "Adult inpatients with acute respiratory or multiple organ failure, heart failure, COPD, "
        "cirrhosis or cancer of the lung or colon, not in coma; five US hospitals, 1989-94."
    ),
    inputs={
        "age": age(18, 105),
        "inpatient_days": visited("d", 0),
        "avpu": coded("alert", "confused", "voice", "pain", window="acute"),
        **{each.name: value(each.unit, window="acute") for each in (*MEASURED, *OXYGEN)},
        **{name: condition() for name in HELD},
    },
    required=("age", "inpatient_days", "avpu", *(each.name for each in ALWAYS), *HELD),
    features=FEATURES,
    row=row,
    outcome=OUTCOME,
    link=Link.LOGISTIC,
    folder=Path(__file__).parent,
    hours=24 * DAYS,
)
