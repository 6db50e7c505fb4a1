"""Numbers as feeds send them, made into values of a concept in its own unit."""

import re
from math import isfinite

from msgspec import Struct
from msgspec.structs import replace

from fhir_adapters.r4.datatypes import Quantity
from fhir_adapters.r4.unusable import Unusable
from fhir_adapters.readers.context import Context
from fhir_adapters.record import DropCode, Note, NoteCode, UnitlessNumber
from fhir_adapters.terminology.units import (
    OwnUnit,
    UnknownUnit,
    conflicting,
    plausible_units,
    to_canonical,
)
from fhir_adapters.terminology.value_sets import Concept

# A number with at most a comparator before it and a unit after it: nothing else is a result.
_RESULT = re.compile(r"(<=|>=|<|>|≤|≥)?\s*(-?[0-9]+(?:[.,][0-9]+)?)\s*(\S.*)?", re.DOTALL)
_LONGEST_RESULT = 40
_THOUSANDS = re.compile(r"-?[1-9][0-9]{0,2},[0-9]{3}")
_NOT_A_RESULT = "its text is not a number with a unit"
_OTHER_SIDE = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_SIGNS = {"≤": "<=", "≥": ">="}

_OF_THE_UNIT = frozenset({DropCode.NO_UNIT, DropCode.UNKNOWN_UNIT})

# Fractions of one are sent under the per cent sign; as percentages nobody would be alive.
_FRACTIONS = frozenset({"fio2", "spo2"})


class Amount(Struct, frozen=True, gc=False):
    """A value in a concept's unit, or a meaning; `bound`, `original`, `notes` as in Measurement."""

    value: float | str
    bound: str = ""
    original: str = ""
    notes: tuple[Note, ...] = ()


def amount(
    quantity: Quantity,
    concept: Concept,
    *,
    hint: str | None,
    context: Context,
    own: OwnUnit | None = None,
) -> Amount:
    """Converts a Quantity to the concept's unit.

    `hint` is the unit that results under the code usually come in, `own` the one that the code
    itself says; None where it says none. Raises Unusable without a number, or with a unit that is
    missing, not recognised or of another kind of quantity, or if the number is outside the
    plausible range.
    """
    value, bound = _number(quantity)
    try:
        unit, notes = _unit(concept, value, _sent_unit(quantity, context), own=own)
        canonical = _canonical(concept, value, unit)
        if own:
            _check_reading(concept, value, unit, own)
    except Unusable as refused:
        if refused.code in _OF_THE_UNIT:
            refused.number = _unitless(quantity, context)
        raise
    original, converted = as_sent(concept, value, canonical, unit=unit, bound=bound)
    notes += converted
    if hint and conflicting(hint, unit):
        notes += (Note(NoteCode.UNIT_CONFLICT, f"its code stands for {hint}, it came in {unit}"),)
    if bound:
        notes += (Note(NoteCode.BOUNDED, f"reported as {_shown(value, bound, unit)}"),)
        bound = _bound(bound, concept, value, unit=unit)
    return Amount(canonical, bound, original, notes)


def parsed(
    text: str,
    concept: Concept,
    *,
    hint: str | None,
    context: Context,
    own: OwnUnit | None = None,
) -> Amount:
    """Reads a result sent as text: a number, with a comparator and a unit if need be.

    Raises Unusable for anything else ("haemolysed", "1+", "120/80", "1,234") and as `amount` does.
    """
    quantity = written(text)
    if quantity is None:
        raise Unusable(DropCode.UNREADABLE_TEXT, _NOT_A_RESULT)
    if context.unit(quantity) is None:  # other words than a unit
        number = _unitless(quantity, context)
        raise Unusable(DropCode.UNREADABLE_TEXT, _NOT_A_RESULT, number=number)
    read = amount(quantity, concept, hint=hint, context=context, own=own)
    return replace(read, notes=(Note(NoteCode.PARSED, "read from text"), *read.notes))


def written(text: str) -> Quantity | None:
    """A number with at most a comparator before it and words after it, taken as its unit."""
    match = _RESULT.fullmatch(text.strip()) if len(text) <= _LONGEST_RESULT else None
    if match is None or _THOUSANDS.fullmatch(match[2]):
        return None
    return Quantity(
        value=float(match[2].replace(",", ".")),
        comparator=_SIGNS.get(match[1], match[1]),
        unit=match[3],
    )


def _unitless(quantity: Quantity, context: Context) -> UnitlessNumber:
    value, bound = _number(quantity)
    return UnitlessNumber(value, bound, _shown(value, bound, context.unit(quantity) or "").strip())


def _number(quantity: Quantity) -> tuple[float, str]:
    if quantity.value is None:
        raise Unusable(DropCode.ABSENT, "no value")
    bound = quantity.comparator or ""
    if bound and bound not in _OTHER_SIDE:
        raise Unusable(DropCode.VALUE_TYPE, "its comparator is not a bound")
    return quantity.value, bound


def _sent_unit(quantity: Quantity, context: Context) -> str:
    unit = context.unit(quantity)
    if unit is None:
        raise Unusable(DropCode.UNKNOWN_UNIT, "its unit is not known")
    return unit


def _unit(
    concept: Concept, value: float, sent: str, *, own: OwnUnit | None
) -> tuple[str, tuple[Note, ...]]:
    """The unit the number is in, and what had to be made of what was sent."""
    if not sent:
        return _own_unit(concept, value, own) if own else _only_unit(concept, value)
    if sent == "%" and concept.key in _FRACTIONS and value <= 1:
        return "1", (Note(NoteCode.UNIT_CONFLICT, "a fraction was sent as a percentage"),)
    return sent, ()


def _check_reading(concept: Concept, value: float, unit: str, own: OwnUnit) -> None:
    """Raises Unusable where the unit contradicts its code, and the number could be in either."""
    if conflicting(own.unit, unit) and own.holds(concept, value):
        text = f"its code stands for {own.unit}, it came in {unit}, and the number fits both"
        raise Unusable(DropCode.UNKNOWN_UNIT, text)


def _own_unit(concept: Concept, value: float, own: OwnUnit) -> tuple[str, tuple[Note, ...]]:
    if not own.fits(concept, value):
        text = f"it has no unit, and does not fit {own.unit}, which its code stands for"
        raise Unusable(DropCode.NO_UNIT, text)
    text = f"no unit was sent; {own.unit} assumed, which its code stands for"
    return own.unit, (Note(NoteCode.UNIT_ASSUMED, text),)


def _only_unit(concept: Concept, value: float) -> tuple[str, tuple[Note, ...]]:
    try:
        fitting = plausible_units(concept, value)
    except UnknownUnit:
        fitting = ()
    if len(fitting) != 1:
        raise Unusable(DropCode.NO_UNIT, "it has no unit, and not just one would fit")
    if fitting[0] == concept.unit and concept.unit[0] in "{[":
        return concept.unit, ()  # a score, ratio, count or pH has no unit to leave out
    return fitting[0], (Note(NoteCode.UNIT_ASSUMED, f"no unit was sent; {fitting[0]} assumed"),)


def _canonical(concept: Concept, value: float, unit: str) -> float:
    try:
        canonical = to_canonical(concept, value, unit)
    except UnknownUnit:
        text = f"its unit does not measure {concept.label}"
        raise Unusable(DropCode.UNKNOWN_UNIT, text) from None
    if not (isfinite(canonical) and concept.low <= canonical <= concept.high):
        text = f"outside the plausible range {concept.low:g} to {concept.high:g} {concept.unit}"
        raise Unusable(DropCode.IMPLAUSIBLE, text, canonical)
    return canonical


def _bound(comparator: str, concept: Concept, value: float, *, unit: str) -> str:
    """The comparator for the converted value: pH falls as hydrogen ions rise."""
    rising = to_canonical(concept, value + 1, unit) >= to_canonical(concept, value, unit)
    return comparator if rising else _OTHER_SIDE[comparator]


def as_sent(
    concept: Concept, value: float, canonical: float, *, unit: str, bound: str = ""
) -> tuple[str, tuple[Note, ...]]:
    """The number and its UCUM unit as they were sent, with the note that it was converted.

    "" and none where it was not: a unit of another name may leave the number as it is.
    """
    if unit == concept.unit or canonical == round(value, concept.precision):
        return "", ()
    original = _shown(value, bound, unit)
    return original, (Note(NoteCode.CONVERTED, f"converted from {original}"),)


def _shown(value: float, bound: str, unit: str) -> str:
    return f"{bound}{value:.10g} {unit}".removesuffix(" 1")
