"""What published guidelines make of a number: reviewed data from `guidelines.toml`."""

from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import Literal

import msgspec


class Publication(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who published it, and where it was read: an address, or a repository and path at a commit.

    What cites a publication without a locator is off.
    """

    label: str
    year: int
    url: str = ""
    locator: str = ""
    licence: str = ""

    @property
    def cited(self) -> str:
        """The publication as a clinician reads it."""
        return f"{self.label} {self.year}"


class Band(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From `from` (included, in the predictor's unit) up to the next band; no indicator: no card.

    `action` is the key of the suggested action in `actions.toml`; `source`, if not that of the
    guideline, a key of `sources.toml`; `section` and `printed` say where and how its value stands
    there.
    """

    name: str
    start: float = msgspec.field(name="from")
    indicator: Literal["", "info", "warning", "critical"] = ""
    advice: str = ""
    action: str = ""
    source: str = ""
    section: str = ""
    printed: str = ""


class Guideline(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The source of a guideline and its bands in ascending order."""

    source: str
    bands: tuple[Band, ...]

    @property
    def threshold(self) -> float:
        """Where the first band begins that calls for a card, as one does."""
        return next(band.start for band in self.bands if band.indicator)

    def band(self, value: float) -> Band:
        """The highest band that starts at or below the value."""
        return [band for band in self.bands if band.start <= value][-1]

    def publication(self, band: Band) -> Publication:
        """What a card that advises by that band cites."""
        return PUBLICATIONS[band.source or self.source]


def in_force(guideline: Guideline, publications: Mapping[str, Publication]) -> Guideline:
    """The guideline with the bands alone that were read somewhere; the others are off."""
    return msgspec.structs.replace(guideline, bands=tuple(_read(guideline, publications)))


def _read(guideline: Guideline, publications: Mapping[str, Publication]) -> Iterator[Band]:
    for band in guideline.bands:
        publication = publications[band.source or guideline.source]
        if not band.indicator or (publication.locator and publication.licence and band.printed):
            yield band


PUBLICATIONS: Mapping[str, Publication] = msgspec.toml.decode(
    files("cds_hooks").joinpath("engine/sources.toml").read_bytes(), type=dict[str, Publication]
)

GUIDELINES: Mapping[str, Guideline] = {
    key: in_force(guideline, PUBLICATIONS)
    for key, guideline in msgspec.toml.decode(
        files("cds_hooks").joinpath("engine/guidelines.toml").read_bytes(),
        type=dict[str, Guideline],
    ).items()
}


def score2_categories(scheme: str, age: float) -> str:
    """The key of the categories that "esc-2021" or "esc-2025" has for that age in years."""
    if scheme != "esc-2021":
        return scheme
    return f"{scheme}-" + ("under-50" if age < 50 else "50-to-69" if age < 70 else "70-plus")


def fib4_bands(age: float) -> str:
    """The key of the bands of FIB-4 for that age in years."""
    return "fib-4" if age < 65 else "fib-4-from-65"
