"""Systemic inflammatory response: SIRS criteria, doi:10.1378/chest.101.6.1644."""

from typing import Annotated

from predictors.points import Criterion, once, require_any, total
from predictors.predictor import Prediction
from predictors.score import age, score, value


@score(
    "sirs",
    title="SIRS criteria",
    version="1992",
    citation="Bone RC et al. Chest 1992;101:1644-55",
    url="https://doi.org/10.1378/chest.101.6.1644",
    population="Adults in hospital.",
    discrimination=(
        "AUROC 0.52 for 28-day death in an emergency department: Infect Drug Resist 2021;14:2763"
    ),
)
def sirs(
    *,
    age: Annotated[float, age(18)],
    temperature: Annotated[float | None, value("Cel", window="acute")] = None,
    heart_rate: Annotated[float | None, value("/min", window="acute")] = None,
    resp_rate: Annotated[float | None, value("/min", window="acute")] = None,
    paco2: Annotated[float | None, value("mm[Hg]", window="acute")] = None,
    wbc: Annotated[float | None, value("10*9/L", window="acute")] = None,
    bands: Annotated[float | None, value("%", window="acute")] = None,
) -> tuple[Prediction, ...]:
    """Counts 0 to 4 criteria, all limits excluded.

    A criterion is known when one of its measurements is; one that is not widens the span. Refuses
    if none is known.
    """
    require_any(
        "sirs", temperature=temperature, heart_rate=heart_rate, resp_rate=resp_rate, wbc=wbc
    )
    return (
        total(
            "SIRS",
            _criterion(temperature=_beyond(temperature, 36, 38)),
            _criterion(heart_rate=_beyond(heart_rate, 0, 90)),
            _criterion(resp_rate=_beyond(resp_rate, 0, 20), paco2=_beyond(paco2, 32)),
            _criterion(wbc=_beyond(wbc, 4, 12), bands=_beyond(bands, 0, 10)),
        ),
    )


def _beyond(value: float | None, low: float, high: float = float("inf")) -> bool | None:
    return None if value is None else not low <= value <= high


def _criterion(**present: bool | None) -> Criterion:
    known = {name: met for name, met in present.items() if met is not None}
    return once(1, **(known or present))
