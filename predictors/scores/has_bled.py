"""Bleeding risk under anticoagulation: HAS-BLED, doi:10.1378/chest.10-0134."""

from typing import Annotated

from predictors.points import once, total
from predictors.predictor import Prediction
from predictors.score import age, condition, medication, score, stated, value

MODIFIABLE = (
    "sbp",
    "labile_inr",
    "antiplatelet",
    "nsaid",
    "alcohol_use_disorder",
    "alcohol_excess",
)
"""The inputs whose point can be taken away: what a bleeding score is for."""

CREATININE_LIMIT = 2.26
"""mg/dL: 200 umol/L."""

# Upper limits of normal. The laboratory's own are not among the facts a chart gives.
BILIRUBIN_ULN = 1.2
AST_ULN = ALT_ULN = 40.0
ALP_ULN = 120.0

Condition = Annotated[bool, condition()]
Medication = Annotated[bool, medication()]


@score(
    "has-bled",
    title="HAS-BLED",
    version="2010",
    citation="Pisters R et al. Chest 2010;138:1093-100",
    url="https://doi.org/10.1378/chest.10-0134",
    population="Adults with atrial fibrillation; finds what to mend, never a reason not to treat.",
    discrimination=(
        "C 0.63 (0.61-0.65) in 39 studies: Gao, Front Cardiovasc Med 2021; 0.72 in derivation"
    ),
)
def has_bled(
    *,
    age: Annotated[float, age(18)],
    dialysis: Condition,
    kidney_transplant: Condition,
    cirrhosis: Condition,
    stroke_ischemic: Condition,
    stroke_hemorrhagic: Condition,
    major_bleeding: Condition,
    anemia: Condition,
    antiplatelet: Medication,
    nsaid: Medication,
    alcohol_use_disorder: Condition,
    sbp: Annotated[float | None, value("mm[Hg]")] = None,
    creatinine: Annotated[float | None, value("mg/dL")] = None,
    bilirubin_total: Annotated[float | None, value("mg/dL")] = None,
    ast: Annotated[float | None, value("U/L")] = None,
    alt: Annotated[float | None, value("U/L")] = None,
    alp: Annotated[float | None, value("U/L")] = None,
    labile_inr: Annotated[bool | None, stated("Labile INR (in range below 60 % of time)")] = None,
    alcohol_excess: Annotated[bool | None, stated("Eight or more drinks a week")] = None,
) -> tuple[Prediction, ...]:
    """Counts the points, 0 to 9; the span of the prediction adds what is not known."""
    enzymes = (_above(ast, 3 * AST_ULN), _above(alt, 3 * ALT_ULN), _above(alp, 3 * ALP_ULN))
    liver = _both(_above(bilirubin_total, 2 * BILIRUBIN_ULN), _any(enzymes))
    kidney = _above(creatinine, CREATININE_LIMIT)
    return (
        total(
            "HAS-BLED",
            once(1, sbp=_above(sbp, 160)),
            once(1, dialysis=dialysis, kidney_transplant=kidney_transplant, creatinine=kidney),
            once(1, cirrhosis=cirrhosis, bilirubin_total=liver),
            once(1, stroke_ischemic=stroke_ischemic, stroke_hemorrhagic=stroke_hemorrhagic),
            once(1, major_bleeding=major_bleeding, anemia=anemia),
            once(1, labile_inr=labile_inr),
            once(1, age=age > 65),
            once(1, antiplatelet=antiplatelet, nsaid=nsaid),
            # A recorded disorder proves excess; that none is recorded proves nothing.
            once(1, alcohol_use_disorder=alcohol_use_disorder, alcohol_excess=alcohol_excess),
        ),
    )


def _above(value: float | None, limit: float) -> bool | None:
    return None if value is None else value > limit


def _any(truths: tuple[bool | None, ...]) -> bool | None:
    if True in truths:
        return True
    return None if None in truths else False


def _both(first: bool | None, second: bool | None) -> bool | None:
    if first is False or second is False:
        return False
    return None if None in (first, second) else True
