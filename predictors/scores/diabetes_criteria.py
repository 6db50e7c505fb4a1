"""When measurements alone make diabetes: ADA Standards of Care, doi:10.2337/dc25-S002."""

from collections.abc import Callable
from typing import Annotated

from predictors.criteria import latest_run, met
from predictors.points import require_any
from predictors.predictor import Prediction, Series
from predictors.score import condition, medication, score, series, value

LIMITS = {"hba1c": 6.5, "glucose_fasting": 126.0}
"""% and mg/dL, included."""

LOW_HEMOGLOBIN = 8.0
"""g/dL; our own rule: a measured anaemia in which HbA1c is not trusted though none is coded."""

OCCASION = 1.0
"""Days that two results of one test must be apart to be two."""

CONFIRMED = 2
"""How many results make the diagnosis: of one test on two occasions, or of two tests."""

WORDS = {"hba1c": ("HbA1c", "%", 1), "glucose_fasting": ("fasting glucose", "mg/dL", 0)}
"""Name, unit and decimals of a result as it is told."""


@score(
    "diabetes-criteria",
    title="ADA criteria of diabetes",
    version="2025",
    citation="American Diabetes Association. Diabetes Care 2025;48(Suppl 1):S27-S49",
    url="https://doi.org/10.2337/dc25-S002",
    population="Adults who are not pregnant; HbA1c does not count alone where it is unreliable.",
    excludes=("pregnancy",),
)
def diabetes_criteria(
    *,
    hba1c: Annotated[Series, series("%", years=2)] = (),
    glucose_fasting: Annotated[Series, series("mg/dL", years=2)] = (),
    anemia: Annotated[bool | None, condition()] = None,
    hemoglobin: Annotated[float | None, value("g/dL")] = None,
    dialysis: Annotated[bool | None, condition()] = None,
    esa: Annotated[bool | None, medication()] = None,
) -> tuple[Prediction, ...]:
    """Counts abnormal results not undone since: 1 is to be confirmed, from 2 on it is diabetes.

    With anaemia, on dialysis or on erythropoietin HbA1c only raises the question: it counts once,
    and not beside glucose.
    """
    require_any("diabetes-criteria", hba1c=hba1c or None, glucose_fasting=glucose_fasting or None)
    runs = {
        "hba1c": latest_run(hba1c, _abnormal("hba1c")),
        "glucose_fasting": latest_run(glucose_fasting, _abnormal("glucose_fasting")),
    }
    counts = {name: float(min(CONFIRMED, _occasions(run))) for name, run in runs.items()}
    allowed = 0.0 if counts["glucose_fasting"] else 1.0
    measured = hemoglobin is not None and hemoglobin < LOW_HEMOGLOBIN
    causes = {"anemia": anemia, "hemoglobin": measured, "dialysis": dialysis, "esa": esa}
    cause = next((name for name, is_there in causes.items() if is_there), "")
    taken = max(0.0, counts["hba1c"] - allowed) if cause else 0.0
    return met(
        counts | {cause or "anemia": -taken},
        since={name: run[-CONFIRMED:][0][0] for name, run in runs.items() if run},
        note="; ".join(_told(name, run[-CONFIRMED:]) for name, run in runs.items() if run),
    )


def _abnormal(name: str) -> Callable[[float], bool]:
    return lambda value: value >= LIMITS[name]


def _occasions(run: Series) -> int:
    counted: list[float] = []
    for days, _ in run:
        if not counted or counted[-1] - days >= OCCASION:
            counted.append(days)
    return len(counted)


def _told(name: str, run: Series) -> str:
    what, unit, decimals = WORDS[name]
    return f"{what} {' and '.join(f'{value:.{decimals}f}' for _, value in run)} {unit}"
