"""What published guidelines make of a number: reviewed data from `guidelines.toml`."""

from collections.abc import Mapping
from importlib.resources import files
from typing import Literal

import msgspec


class Band(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From `from` (included, in the predictor's unit) up to the next band; no indicator: no card.

    `action` is the key of the suggested action in `actions.toml`.
    """

    name: str
    start: float = msgspec.field(name="from")
    indicator: Literal["", "info", "warning", "critical"] = ""
    advice: str = ""
    action: str = ""


class Guideline(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A guideline's label and year as a card cites them, and its bands in ascending order."""

    label: str
    year: int
    bands: tuple[Band, ...]
    url: str = ""

    @property
    def cited(self) -> str:
        """The guideline as a clinician reads it."""
        return f"{self.label} {self.year}"

    @property
    def threshold(self) -> float:
        """Where the first band begins that calls for a card, as one does."""
        return next(band.start for band in self.bands if band.indicator)

    def band(self, value: float) -> Band:
        """The highest band that starts at or below the value."""
        return [band for band in self.bands if band.start <= value][-1]


GUIDELINES: Mapping[str, Guideline] = msgspec.toml.decode(
    files("cds_hooks").joinpath("engine/guidelines.toml").read_bytes(), type=dict[str, Guideline]
)


def score2_categories(scheme: str, age: float) -> str:
    """The key of the categories that "esc-2021" or "esc-2025" has for that age in years."""
    if scheme != "esc-2021":
        return scheme
    return f"{scheme}-" + ("under-50" if age < 50 else "50-to-69" if age < 70 else "70-plus")


def fib4_bands(age: float) -> str:
    """The key of the bands of FIB-4 for that age in years."""
    return "fib-4" if age < 65 else "fib-4-from-65"
