"""Organ failure: Sequential Organ Failure Assessment (1996), doi:10.1007/BF01709751."""

from typing import Annotated

from predictors.points import Criterion, falling, require_any, rising, total
from predictors.predictor import Prediction
from predictors.score import age, score, stated, value

VASOPRESSOR = {"none": 0.0, "low": 2.0, "medium": 3.0, "high": 4.0}
"""Points by dose in ug/kg/min.

Low: dopamine to 5 or any dobutamine. Medium: dopamine above 5, (nor)epinephrine to 0.1. High:
dopamine above 15, (nor)epinephrine above 0.1.
"""


@score(
    "sofa",
    title="SOFA",
    version="1996",
    citation="Vincent JL et al. Intensive Care Med 1996;22:707-10",
    url="https://doi.org/10.1007/BF01709751",
    population="Adults in intensive care; the worst values of a day.",
    discrimination=(
        "AUROC 0.68 for 28-day death in an emergency department: Infect Drug Resist 2021;14:2763"
    ),
)
def sofa(
    *,
    age: Annotated[float, age(18)],
    pao2: Annotated[float | None, value("mm[Hg]", window="acute")] = None,
    fio2: Annotated[float | None, value("%", 21, 100, window="acute")] = None,
    ventilated: Annotated[bool | None, stated("Mechanical ventilation")] = None,
    platelets: Annotated[float | None, value("10*9/L", window="acute")] = None,
    bilirubin_total: Annotated[float | None, value("mg/dL", window="acute")] = None,
    map: Annotated[float | None, value("mm[Hg]", window="acute")] = None,
    vasopressor: Annotated[str | None, stated("Vasopressor dose", *VASOPRESSOR)] = None,
    gcs_total: Annotated[float | None, value("{score}", 3, 15, window="acute")] = None,
    creatinine: Annotated[float | None, value("mg/dL", window="acute")] = None,
    urine_output_24h: Annotated[float | None, value("mL/d", window="acute")] = None,
) -> tuple[Prediction, ...]:
    """Scores 0 to 24 over six organs; an organ that is not known widens the span.

    Refuses if no organ is known.
    """
    require_any(
        "sofa",
        platelets=platelets,
        bilirubin_total=bilirubin_total,
        map=map,
        gcs_total=gcs_total,
        creatinine=creatinine,
    )
    return (
        total(
            "SOFA",
            _respiration(pao2, fio2, ventilated=ventilated),
            falling("platelets", platelets, ((20, 4), (50, 3), (100, 2), (150, 1))),
            rising("bilirubin_total", bilirubin_total, ((12, 4), (6, 3), (2, 2), (1.2, 1))),
            _circulation(map, vasopressor),
            falling("gcs_total", gcs_total, ((6, 4), (10, 3), (13, 2), (15, 1))),
            _kidney(creatinine, urine_output_24h),
        ),
    )


def _respiration(pao2: float | None, fio2: float | None, *, ventilated: bool | None) -> Criterion:
    if pao2 is None or fio2 is None:
        return Criterion({}, 4)
    ratio = pao2 * 100 / fio2
    alone = falling("pao2", ratio, ((300, 2), (400, 1)))
    supported = falling("pao2", ratio, ((100, 4), (200, 3), (300, 2), (400, 1)))
    if ventilated is None:
        return Criterion(alone.parts, supported.parts["pao2"] - alone.parts["pao2"])
    return supported if ventilated else alone


def _circulation(map: float | None, vasopressor: str | None) -> Criterion:
    pressure = falling("map", map, ((70, 1),))
    if vasopressor is None:
        return Criterion(pressure.parts, 4 - pressure.parts.get("map", 0))
    if vasopressor == "none":
        return pressure
    return Criterion({"vasopressor": VASOPRESSOR[vasopressor]})


def _kidney(creatinine: float | None, urine_output: float | None) -> Criterion:
    blood = rising("creatinine", creatinine, ((5, 4), (3.5, 3), (2, 2), (1.2, 1)))
    urine = falling("urine_output_24h", urine_output, ((200, 4), (500, 3)))
    known = [each for each in (blood, urine) if each.parts]
    return max(known, key=lambda each: max(each.parts.values()), default=blood)
