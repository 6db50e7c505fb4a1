"""When LDL cholesterol calls for evaluation: ESC/EAS 2019, doi:10.1093/eurheartj/ehz455."""

from typing import Annotated

from predictors.criteria import met
from predictors.predictor import Prediction, Series
from predictors.score import score, series

SEVERE = 4.9
"""mmol/L, included, as reported with one decimal: 190 mg/dL."""

MG_PER_MMOL = 38.67


@score(
    "fh-criteria",
    title="LDL cholesterol that suggests familial hypercholesterolaemia",
    version="2019",
    citation="Mach F et al. Eur Heart J 2020;41:111-88",
    url="https://doi.org/10.1093/eurheartj/ehz455",
    population="Adults without lipid-lowering treatment who are not pregnant.",
    excludes=("pregnancy",),
)
def fh_criteria(*, ldl: Annotated[Series, series("mmol/L")]) -> tuple[Prediction, ...]:
    """Says whether the newest LDL cholesterol is 4.9 mmol/L (190 mg/dL) or more."""
    days, newest = ldl[-1]
    # 4.9 mmol/L comes back from mg/dL as 4.8999.
    severe = round(newest, 2) >= SEVERE
    note = f"LDL cholesterol {newest:.1f} mmol/L ({newest * MG_PER_MMOL:.0f} mg/dL)"
    return met({"ldl": float(severe)}, since={"ldl": days} if severe else {}, note=note)
