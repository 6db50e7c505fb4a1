"""How much of a drug an order says to take: mg at once and times a day, or that it is not said."""

import re
from collections.abc import Iterable, Sequence

from fhir_adapters.r4.datatypes import Quantity
from fhir_adapters.readers.dosage import MASSES, Instruction, amounts, quantities, times_a_day
from fhir_adapters.record import Regimen

_WORDS = {"half a": 0.5, "one": 1.0, "two": 2.0, "three": 3.0, "four": 4.0}
_PIECES = r"(?:tab(?:let)?s?|cap(?:sule)?s?|pills?|tbl)"
_PIECE = re.compile(rf"\{{?{_PIECES}\}}?")
_COUNTED = re.compile(rf"\b(\d+(?:\.\d+)?|{'|'.join(_WORDS)})\s+{_PIECES}\b")


def regimen(given: Sequence[Instruction], names: Iterable[str]) -> Regimen:
    """The regimen of an order by all its instructions, and the strength in the drug's name.

    Several instructions are taken together only where they say the same amount: a dose that changes
    is not known. The strength in a name is what one tablet or capsule holds.
    """
    as_needed = any(map(_as_needed, given))
    strength = _strength(names)
    doses = {_at_once(each, strength) for each in given}
    times = [times_a_day(each) for each in given]
    known = [each for each in times if each is not None]
    return Regimen(
        at_once=doses.pop() if len(doses) == 1 else None,
        times=sum(known) if known and len(known) == len(times) else None,
        as_needed=as_needed,
    )


def _as_needed(each: Instruction) -> bool:
    return bool(each.as_needed_boolean or each.as_needed or each.as_needed_codeable_concept)


def _at_once(instruction: Instruction, strength: float | None) -> float | None:
    for quantity in quantities(instruction):
        return _mass(quantity, strength)
    text = (instruction.text or "").casefold()
    stated = amounts(text)
    if stated:
        return stated[0] if len(stated) == 1 else None
    counted = _COUNTED.search(text)
    if counted and strength is not None:
        return strength * (_WORDS.get(counted[1]) or float(counted[1]))
    return None


def _mass(quantity: Quantity, strength: float | None) -> float | None:
    """A quantity in mg, by itself or as a number of tablets of that strength."""
    if quantity.value is None or quantity.comparator:
        return None
    unit = (quantity.code or quantity.unit or "").strip().casefold()
    if unit in MASSES:
        return quantity.value * MASSES[unit]
    named = (quantity.unit or "").strip().casefold()
    pieces = _PIECE.fullmatch(unit) or _PIECE.fullmatch(named)
    return quantity.value * strength if pieces and strength is not None else None


def _strength(names: Iterable[str]) -> float | None:
    """What one piece holds by the drug's name; None where names say several amounts, or none."""
    found = [stated for name in names if (stated := amounts(name.casefold()))]
    said = {tuple(each) for each in found}
    return next(iter(said))[0] if len(said) == 1 and len(found[0]) == 1 else None
