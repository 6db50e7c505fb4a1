"""Death or unplanned readmission within 30 days: LACE index, doi:10.1503/cmaj.091117.

The points were read as Wang H et al. restate them (BMC Cardiovasc Disord 2014;14:97, table 1,
https://doi.org/10.1186/1471-2261-14-97): "mild liver or renal disease" is one item of 2, "moderate
or severe liver or renal disease" one of 4, and the emergency visit that led to the admission is not
counted. Of the derivation only the abstract could be read
(https://pmc.ncbi.nlm.nih.gov/articles/PMC2845681).
"""

import math
from typing import Annotated

from predictors.points import Criterion, banded, once, total
from predictors.predictor import Link, Prediction
from predictors.score import condition, score, visited

STAY = ((0.0, 0.0), (1.0, 1.0), (2.0, 2.0), (3.0, 3.0), (6.0, 4.0), (13.0, 5.0), (math.inf, 7.0))
"""Points by whole days, upper limits included."""

VISITS = ((0.0, 0.0), (1.0, 1.0), (2.0, 2.0), (3.0, 3.0), (math.inf, 4.0))

Condition = Annotated[bool, condition()]


@score(
    "lace",
    title="LACE index",
    version="2010",
    citation="van Walraven C et al. CMAJ 2010;182:551-7",
    url="https://doi.org/10.1503/cmaj.091117",
    population="Adults leaving a medical or surgical ward for the community.",
)
def lace(
    *,
    inpatient_days: Annotated[float, visited("d", 0)],
    urgent_admission: Annotated[bool, visited()],
    recent_emergency_visits: Annotated[float, visited("{#}", 0)],
    mi: Condition,
    stroke_ischemic: Condition,
    stroke_hemorrhagic: Condition,
    tia: Condition,
    pad: Condition,
    diabetes: Condition,
    diabetes_complicated: Condition,
    heart_failure: Condition,
    copd: Condition,
    cirrhosis: Condition,
    liver_disease_severe: Condition,
    ckd: Condition,
    dialysis: Condition,
    malignancy: Condition,
    metastatic: Condition,
    dementia: Condition,
    connective_tissue: Condition,
    hiv_aids: Condition,
) -> tuple[Prediction, ...]:
    """Scores 0 to 19; the index's own comorbidity weights share out the points they give.

    Dialysis and kidney failure are the severe renal disease, other chronic kidney disease the mild.
    """
    weights = (
        once(1, mi=mi),
        once(1, stroke_ischemic=stroke_ischemic, stroke_hemorrhagic=stroke_hemorrhagic, tia=tia),
        once(1, pad=pad),
        _graver(("diabetes_complicated", diabetes_complicated, 2), ("diabetes", diabetes, 1)),
        once(2, heart_failure=heart_failure),
        once(2, copd=copd),
        _graver(
            ("liver_disease_severe", liver_disease_severe, 4),
            ("dialysis", dialysis, 4),
            ("cirrhosis", cirrhosis, 2),
            ("ckd", ckd, 2),
        ),
        _graver(("metastatic", metastatic, 6), ("malignancy", malignancy, 2)),
        once(3, dementia=dementia),
        once(3, connective_tissue=connective_tissue),
        once(4, hiv_aids=hiv_aids),
    )
    criteria = (
        banded("inpatient_days", math.floor(inpatient_days), STAY),
        once(3, urgent_admission=urgent_admission),
        _comorbidity(weights),
        banded("recent_emergency_visits", recent_emergency_visits, VISITS),
    )
    points = total("LACE", *criteria, link=Link.WHOLE).value
    return (total("LACE", *criteria, link=Link.WHOLE, note="high" if points >= 10 else ""),)


def _graver(*diseases: tuple[str, bool, float]) -> Criterion:
    """The weight of the first disease present, which is the graver form of those that follow."""
    counted = next((name for name, present, _ in diseases if present), None)
    return Criterion({name: weight * (name == counted) for name, _, weight in diseases})


def _comorbidity(weights: tuple[Criterion, ...]) -> Criterion:
    parts = {name: weight for each in weights for name, weight in each.parts.items()}
    index = sum(parts.values())
    if index <= 3:
        return Criterion(parts)
    return Criterion({name: weight * 5 / index for name, weight in parts.items()})
