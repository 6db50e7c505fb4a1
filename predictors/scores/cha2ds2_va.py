"""Stroke risk in atrial fibrillation: CHA2DS2-VASc, doi:10.1378/chest.09-1584, and CHA2DS2-VA."""

from typing import Annotated

from predictors.points import Criterion, once, rising, total
from predictors.predictor import Prediction
from predictors.score import age, condition, score, sex

POPULATION = "Adults with atrial fibrillation, without a mechanical valve or mitral stenosis."

Age = Annotated[float, age(18)]
Condition = Annotated[bool, condition()]


@score(
    "cha2ds2-va",
    title="CHA2DS2-VA",
    version="2024",
    citation="Van Gelder IC et al. ESC atrial fibrillation guideline. Eur Heart J 2024;45:3314-414",
    url="https://doi.org/10.1093/eurheartj/ehae176",
    population=POPULATION,
    discrimination=(
        "comparable to CHA2DS2-VASc (C 0.644): Teppo, Lancet Reg Health Eur 2024, PMC11337097"
    ),
)
def cha2ds2_va(
    *,
    age: Age,
    heart_failure: Condition,
    hypertension: Condition,
    diabetes: Condition,
    stroke_ischemic: Condition,
    tia: Condition,
    systemic_embolism: Condition,
    mi: Condition,
    pad: Condition,
    aortic_plaque: Condition,
    cad: Condition,
) -> tuple[Prediction, ...]:
    """Counts 0 to 8 points; stroke and vascular disease are credited to what is found first."""
    return (
        total(
            "CHA2DS2-VA",
            once(1, heart_failure=heart_failure),
            once(1, hypertension=hypertension),
            _age(age),
            once(1, diabetes=diabetes),
            once(2, stroke_ischemic=stroke_ischemic, tia=tia, systemic_embolism=systemic_embolism),
            once(1, mi=mi, pad=pad, aortic_plaque=aortic_plaque, cad=cad),
        ),
    )


@score(
    "cha2ds2-vasc",
    title="CHA2DS2-VASc",
    version="2010",
    citation="Lip GYH et al. Chest 2010;137:263-72",
    url="https://doi.org/10.1378/chest.09-1584",
    population=POPULATION,
    discrimination=(
        "C 0.644 (0.635-0.653), 6.3 million patients: van der Endt, Europace 2022;24:1739"
    ),
)
def cha2ds2_vasc(
    *,
    age: Age,
    sex: Annotated[str, sex()],
    heart_failure: Condition,
    hypertension: Condition,
    diabetes: Condition,
    stroke_ischemic: Condition,
    tia: Condition,
    systemic_embolism: Condition,
    mi: Condition,
    pad: Condition,
    aortic_plaque: Condition,
    cad: Condition,
) -> tuple[Prediction, ...]:
    """Counts 0 to 9 points; stroke and vascular disease are credited to what is found first."""
    return (
        total(
            "CHA2DS2-VASc",
            once(1, heart_failure=heart_failure),
            once(1, hypertension=hypertension),
            _age(age),
            once(1, diabetes=diabetes),
            once(2, stroke_ischemic=stroke_ischemic, tia=tia, systemic_embolism=systemic_embolism),
            once(1, mi=mi, pad=pad, aortic_plaque=aortic_plaque, cad=cad),
            once(1, sex=sex == "female"),
        ),
    )


def _age(age: float) -> Criterion:
    return rising("age", age, ((75, 2), (65, 1)))
