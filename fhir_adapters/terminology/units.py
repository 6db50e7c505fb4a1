"""Units of measure: conversion to each concept's own unit, and what a missing unit may be."""

import math
from collections import defaultdict
from dataclasses import dataclass
from functools import cache

from fhir_adapters.terminology.tables import rows
from fhir_adapters.terminology.value_sets import Concept


class UnknownUnit(ValueError):
    """A unit that does not measure the concept, or not one we may convert."""

    def __init__(self, concept: str, unit: str) -> None:
        super().__init__(f"no conversion of {concept} from {unit!r}")
        self.concept = concept
        self.unit = unit


@dataclass(frozen=True, slots=True)
class Conversion:
    """Canonical value = value * factor + offset; `guess`: may be assumed where no unit was sent."""

    factor: float
    offset: float
    guess: bool

    @property
    def size(self) -> tuple[float, float]:
        """Factor and offset: two units of equal size make the same value of a number."""
        return self.factor, self.offset

    @property
    def changes(self) -> bool:
        """Whether the number itself is another one in this unit."""
        return self.size != (1.0, 0.0)


_SAME = Conversion(1.0, 0.0, False)
_PH_FROM_HYDROGEN = ("ph", "nmol/L")


def _conversions() -> dict[str, dict[str, Conversion]]:
    table: defaultdict[str, dict[str, Conversion]] = defaultdict(dict)
    for row in rows("conversions"):
        factor = float(row["factor"] or math.nan)
        conversion = Conversion(factor, float(row["offset"] or 0), row["guess"] == "true")
        table[row["concept"]][row["from_unit"]] = conversion
    return dict(table)


_CONVERSIONS = _conversions()


def _conversion(concept: Concept, unit: str) -> Conversion:
    if concept.coded:
        raise UnknownUnit(concept.key, unit)
    if unit == concept.unit:
        return _SAME
    try:
        return _CONVERSIONS[concept.key][unit]
    except KeyError:
        raise UnknownUnit(concept.key, unit) from None


def linear(concept: Concept, unit: str) -> Conversion | None:
    """How numbers in a UCUM unit are converted, if by a factor and an offset at all."""
    if (concept.key, unit) == _PH_FROM_HYDROGEN:
        return None
    try:
        return _conversion(concept, unit)
    except UnknownUnit:
        return None


def to_canonical(concept: Concept, value: float, unit: str) -> float:
    """A value in a UCUM unit, in the concept's own unit and rounded to its precision.

    Raises UnknownUnit if that unit has no conversion for the concept.
    """
    conversion = _conversion(concept, unit)
    if (concept.key, unit) == _PH_FROM_HYDROGEN:
        exact = 9 - math.log10(value) if value > 0 else math.inf
    else:
        exact = value * conversion.factor + conversion.offset
    return round(exact, concept.precision)


def from_canonical(concept: Concept, value: float, unit: str) -> float:
    """A value in the concept's own unit, in another UCUM unit; raises UnknownUnit as above."""
    conversion = _conversion(concept, unit)
    if (concept.key, unit) == _PH_FROM_HYDROGEN:
        return math.pow(10, 9 - value)
    return (value - conversion.offset) / conversion.factor


def plausible_units(concept: Concept, value: float) -> tuple[str, ...]:
    """The units a number sent without one may be in; to be assumed only if there is exactly one.

    Where the table marks units as `guess` (degF, lb, in, fraction of oxygen), those and the
    canonical one, each if the value is plausible in it. Else the canonical unit, if the value is
    plausible in it and in no other accepted unit that would change the value.
    """
    if concept.coded:
        return ()
    others = _CONVERSIONS.get(concept.key, {})
    guesses = tuple(unit for unit, conversion in others.items() if conversion.guess)
    rivals = guesses or tuple(unit for unit, conversion in others.items() if conversion.changes)
    fits = tuple(unit for unit in (concept.unit, *rivals) if plausible(concept, value, unit))
    return fits if guesses or fits == (concept.unit,) else ()


@dataclass(frozen=True, slots=True)
class OwnUnit:
    """The UCUM unit that a code itself stands for; `defined`: as part of its definition (NPU).

    A LOINC code says only the property: moles a volume, a mass fraction. Its unit is then the one
    in which that property is reported of the concept.
    """

    unit: str
    defined: bool

    def fits(self, concept: Concept, value: float) -> bool:
        """Whether a number sent without a unit is plausible in this one and in no rival of it.

        A rival is another unit of the same property in which the number is another value; the
        unit that is part of a definition has none.
        """
        own = linear(concept, self.unit)
        units = () if self.defined else (concept.unit, *_CONVERSIONS.get(concept.key, {}))
        rivals = (
            unit
            for unit in units
            if own and not conflicting(self.unit, unit)
            if _conversion(concept, unit).size != own.size
        )
        return self.holds(concept, value) and not any(
            plausible(concept, value, unit) for unit in rivals
        )

    def holds(self, concept: Concept, value: float) -> bool:
        """Whether the number is plausible in this unit, if the concept is read in it at all."""
        return linear(concept, self.unit) is not None and plausible(concept, value, self.unit)


_OWN_UNITS = {
    (row["system"], row["code"]): OwnUnit(row["unit"], row["property"] == "")
    for row in rows("code_units")
}


def own_unit(system: str, code: str) -> OwnUnit | None:
    """The unit that a LOINC or NPU code stands for, None where the code does not say it."""
    return _OWN_UNITS.get((system, code.strip().upper()))


def plausible(concept: Concept, value: float, unit: str) -> bool:
    """Whether a number in a UCUM unit lies in the plausible range of the concept."""
    return concept.low <= to_canonical(concept, value, unit) <= concept.high


def readings(concept: Concept, value: float) -> tuple[float, ...]:
    """What a number may be in the concept's unit, if it may be in any unit the concept is read in.

    Those that are plausible; the number itself if none is.
    """
    if concept.coded:
        return ()
    units = (concept.unit, *_CONVERSIONS.get(concept.key, {}))
    found = (
        to_canonical(concept, value, unit) for unit in units if plausible(concept, value, unit)
    )
    return tuple(dict.fromkeys(found)) or (value,)


@cache
def conflicting(hint: str | None, unit: str) -> bool:
    """Whether a code's usual unit and the unit sent differ in kind: mass or substance amount."""
    return hint is not None and ("mol" in hint) != ("mol" in unit or "eq" in unit)
