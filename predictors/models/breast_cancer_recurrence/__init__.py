"""Recurrence or death within 5 years of surgery for breast cancer: a Cox model, Rotterdam."""

from dataclasses import replace
from pathlib import Path

from predictors.models.breast_cancer_recurrence.features import FEATURES, row
from predictors.predictor import Link
from predictors.score import age, coded, medication, sex, value
from predictors.tree_model import tree_model

OUTCOME = "recurrence or death"
YEARS = 5

breast_cancer_recurrence = tree_model(
    "breast-cancer-recurrence",
    title="Breast cancer recurrence model",
    version="2",
    citation="Rotterdam cohort of 1978-93: Foekens JA et al. Cancer Res 2000;60:636-43; "
    "recurrence-free survival as in Royston P, Altman DG. BMC Med Res Methodol 2013;13:33",
    url="https://doi.org/10.1186/1471-2288-13-33",
    population=(
        "Women operated for a first invasive breast cancer that has not spread, 1978-93: "
        "before trastuzumab and today's chemotherapy."
    ),
    inputs={
        "age": age(24, 90),
        "sex": replace(sex(), codes=("female",)),
        "tumor_size": value("mm", 1, 500),
        "histologic_grade": coded("1", "2", "3"),
        "nodes_positive": value("{#}", 0, 60),
        "er_status": coded("positive", "negative"),
        "pr_status": coded("positive", "negative"),
        "endocrine_therapy": medication(),
    },
    required=(
        "age",
        "sex",
        "tumor_size",
        "histologic_grade",
        "nodes_positive",
        "er_status",
        "pr_status",
        "endocrine_therapy",
    ),
    excludes=("metastatic",),
    features=FEATURES,
    row=row,
    outcome=OUTCOME,
    link=Link.CLOGLOG,
    folder=Path(__file__).parent,
    years=YEARS,
)
