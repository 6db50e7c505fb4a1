"""Point scores: what each criterion gives, and how much a criterion that is not known could add."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from predictors.predictor import Link, NotAssessed, Prediction, Problem, Reason, Value, predict


@dataclass(frozen=True, slots=True)
class Criterion:
    """The points of one criterion by input name, and the most that its unknown inputs could add."""

    parts: Mapping[str, float]
    unknown: float = 0.0


def once(points: float, **present: bool | None) -> Criterion:
    """Points given once if any input is present, credited to the first that is; None is unknown."""
    parts, unknown, credited = {}, False, False
    for name, is_present in present.items():
        parts[name] = points if is_present and not credited else 0.0
        credited = credited or bool(is_present)
        unknown = unknown or is_present is None
    return Criterion(parts, points if unknown and not credited else 0.0)


def banded(name: str, value: float | None, bands: tuple[tuple[float, float], ...]) -> Criterion:
    """Points of the first (upper limit, points) band that includes the value; None is unknown.

    The last band's limit is infinite.
    """
    if value is None:
        return Criterion({}, max(points for _, points in bands))
    return Criterion({name: next(points for limit, points in bands if value <= limit)})


def falling(name: str, value: float | None, bands: tuple[tuple[float, float], ...]) -> Criterion:
    """Points of the first (limit, points) that the value lies below, else 0; None is unknown."""
    if value is None:
        return Criterion({}, max(points for _, points in bands))
    return Criterion({name: next((points for limit, points in bands if value < limit), 0.0)})


def rising(name: str, value: float | None, bands: tuple[tuple[float, float], ...]) -> Criterion:
    """Points of the first (limit, points) that the value reaches, else 0; None is unknown."""
    if value is None:
        return Criterion({}, max(points for _, points in bands))
    return Criterion({name: next((points for limit, points in bands if value >= limit), 0.0)})


def total(
    outcome: str, *criteria: Criterion, link: Link = Link.IDENTITY, note: str = ""
) -> Prediction:
    """The sum of the criteria as a prediction; its `high` adds what is unknown."""
    parts: dict[str, float] = {}
    unknown = 0.0
    for each in criteria:
        parts.update(each.parts)
        unknown += each.unknown
    return predict(outcome, parts, unit="{score}", link=link, unknown=unknown, note=note)


def require_any(predictor: str, **values: Value | None) -> None:
    """Raises NotAssessed if not one of the values is known: a score of nothing says nothing."""
    if all(value is None for value in values.values()):
        raise NotAssessed(
            predictor,
            tuple(Reason(name, Problem.MISSING, f"no usable {name}") for name in values),
        )


def half_up(value: float, digits: int = 0) -> float:
    """Rounds half up, as charts do, not half to even."""
    scale = 10.0**digits
    return math.floor(value * scale + 0.5) / scale
