"""How a prediction comes about: its baseline, what each input adds, its total, by the link."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from predictors.predictor import Contribution, Link, Prediction

MOST_STEPS = 10
"""Inputs that have a step of their own; what the others add is one more."""


@dataclass(frozen=True, slots=True)
class Step:
    """What one input adds: the sum before and after it; of the `others` together "" is the input.

    Both are on the scale of the link.
    """

    input: str
    before: float
    after: float
    others: int = 0

    @property
    def amount(self) -> float:
        """What it adds."""
        return self.after - self.before


def steps(prediction: Prediction) -> tuple[Step, ...]:
    """The steps from the baseline to the total, those that move it most first."""
    moving = [part for part in prediction.contributions if part.amount]
    moving.sort(key=lambda part: (-abs(part.amount), part.input))
    if len(moving) <= MOST_STEPS + 1:
        return tuple(_steps(prediction.baseline, moving, ()))
    return tuple(_steps(prediction.baseline, moving[:MOST_STEPS], moving[MOST_STEPS:]))


def _steps(
    total: float, shown: Sequence[Contribution], others: Sequence[Contribution]
) -> Iterator[Step]:
    for part in shown:
        yield Step(part.input, total, total + part.amount)
        total += part.amount
    if others:
        yield Step("", total, total + math.fsum(part.amount for part in others), len(others))


def scaled(link: Link, value: float) -> float | None:
    """Where a value of the prediction's own scale lies on the link's; None where it has no place.

    The opposite of `Link.inverse`.
    """
    if link in (Link.IDENTITY, Link.WHOLE):
        return value
    if value <= 0 or (link is not Link.LOG and value >= 1):
        return None
    match link:
        case Link.LOG:
            return math.log(value)
        case Link.LOGISTIC:
            return math.log(value / (1 - value))
        case _:
            return math.log(-math.log1p(-value))
