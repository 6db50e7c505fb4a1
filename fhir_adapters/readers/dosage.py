"""How a drug is to be taken, as an order says it: dose, times a day, route, and until when."""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from msgspec import DecodeError, Raw
from msgspec.json import Decoder

from fhir_adapters.r4.datatypes import NOTHING, CodeableConcept, Part, Period, Quantity
from fhir_adapters.terminology.tables import rows

_DAYS = {
    **dict.fromkeys(("h", "hr", "hour", "hours"), 1 / 24),
    **dict.fromkeys(("d", "day", "days"), 1.0),
    **dict.fromkeys(("wk", "week", "weeks"), 7.0),
    **dict.fromkeys(("mo", "month", "months"), 30.0),
    **dict.fromkeys(("a", "y", "year", "years"), 365.0),
}
_OFTEN = {row["words"]: int(row["value"]) for row in rows("drug_words") if row["kind"] == "often"}
_HOW_OFTEN = re.compile(rf"\b({'|'.join(sorted(map(re.escape, _OFTEN), key=len, reverse=True))})\b")
_WEEK = re.compile(r"\b(weekly|(?:a|per|each|every|1x/) ?week|/ ?week|ugentligt?|om ugen)\b")
_WEEKDAY = re.compile(
    r"\b(?:on |every )?(monday|tuesday|wednesday|thursday|friday|saturday|sunday"
    r"|mandag|tirsdag|onsdag|torsdag|fredag|lørdag|søndag)s?\b"
)
_SEVERAL_TIMES = {"twice": 2.0, "two": 2.0, "2": 2.0, "three": 3.0, "3": 3.0, "thrice": 3.0}
_SEVERAL = re.compile(r"\b(twice|thrice|two(?= times)|three(?= times)|[23](?= times|x))")
_NUMBER = r"(\d{1,3}(?:,\d{3})+|\d+(?:[.,]\d+)?)"
_UNIT = r"(mg|g|iu|i\.u\.|ie|units?|unt|anti-xa iu)"
_AMOUNT = re.compile(rf"{_NUMBER}\s*{_UNIT}\b(?!\s*/\s*m)")
_IN_VOLUME = re.compile(rf"{_NUMBER}\s*ml\b.*?{_NUMBER}\s*{_UNIT}\s*/\s*ml\b")
_MASS = re.compile(rf"{_NUMBER}\s*(mcg|ug|µg|μg|mg|g)\b(?!\s*/\s*m)")
_UNITS = {"mg": ("mg", 1.0), "g": ("mg", 1000.0)}
_INTERNATIONAL = ("[iU]", 1.0)

MASSES = {"mg": 1.0, "g": 1000.0, "mcg": 0.001, "ug": 0.001, "µg": 0.001, "μg": 0.001}
"""Units of mass as orders write them, in mg."""


class Bounds(Part):
    """How often and until when; R4's Timing.repeat."""

    bounds_period: Period | None = None
    bounds_duration: Quantity | None = None
    frequency: int | None = None
    period: float | None = None
    period_unit: str | None = None
    day_of_week: list[str] | None = None
    time_of_day: list[str] | None = None


class When(Part):
    """R4's Timing, as far as it says how often."""

    repeat: Bounds | None = None
    code: CodeableConcept | None = None


class DoseAndRate(Part):
    """How much at once."""

    dose_quantity: Quantity | None = None


class Instruction(Part):
    """R4's Dosage, and what its earlier and later shapes have in common with it."""

    text: str | None = None
    timing: When | None = None
    route: CodeableConcept | None = None
    as_needed_boolean: bool | None = None
    as_needed: bool | None = None
    as_needed_codeable_concept: CodeableConcept | None = None
    dose_quantity: Quantity | None = None
    dose_and_rate: list[DoseAndRate] | None = None


class Dispense(Part):
    """How much of a drug is to be handed out, and until when."""

    validity_period: Period | None = None
    number_of_repeats_allowed: int | None = None
    expected_supply_duration: Quantity | None = None


_instruction = Decoder(Instruction)
_dispense = Decoder(Dispense)


@dataclass(frozen=True, slots=True)
class Dose:
    """An amount at once in "mg" or "[iU]", and the times a day; None where that is not said."""

    amount: float
    unit: str
    times: float | None


def instructions(each: Iterable[Raw] | None) -> list[Instruction]:
    """The instructions of an order; one that cannot be read does not keep the drug from it."""
    read = []
    for raw in each or ():
        with suppress(DecodeError, RecursionError):
            read.append(_instruction.decode(raw))
    return read


def dispense(raw: Raw) -> Dispense:
    """What an order says of handing the drug out; nothing where that cannot be read."""
    with suppress(DecodeError, RecursionError):
        return Dispense() if raw is NOTHING else _dispense.decode(raw)
    return Dispense()


def dose(given: Sequence[Instruction], names: Iterable[str]) -> Dose | None:
    """The dose by the first instruction that says one, else the strength in the drug's name."""
    for each in given:
        if amount := _quantity(each) or _amount(_text(each)):
            return Dose(*amount, _times(each))
    often = next(filter(None, map(_times, given)), None)
    for name in names:
        if amount := _amount(name.casefold()):
            return Dose(*amount, often or _often(name.casefold()))
    return None


def _text(instruction: Instruction) -> str:
    return (instruction.text or "").casefold()


def quantities(instruction: Instruction) -> Iterator[Quantity]:
    """The amounts at once that it states as such."""
    each = [part.dose_quantity for part in instruction.dose_and_rate or ()]
    for quantity in (instruction.dose_quantity, *each):
        if quantity and quantity.value is not None:
            yield quantity


def _quantity(instruction: Instruction) -> tuple[float, str] | None:
    for quantity in quantities(instruction):
        unit = _unit(quantity.code or "") or _unit(quantity.unit or "")
        if unit and quantity.value is not None:
            return quantity.value * unit[1], unit[0]
    return None


def amounts(text: str) -> list[float]:
    """Every amount in a text of small letters that is a mass, in mg."""
    return [_number(each[1]) * MASSES[each[2]] for each in _MASS.finditer(text)]


def _amount(text: str) -> tuple[float, str] | None:
    if found := _IN_VOLUME.search(text):
        unit = _unit(found[3])
        return (_number(found[1]) * _number(found[2]) * unit[1], unit[0]) if unit else None
    found = _AMOUNT.search(text)
    unit = _unit(found[2]) if found else None
    return (_number(found[1]) * unit[1], unit[0]) if found and unit else None


def _number(text: str) -> float:
    thousands = re.fullmatch(r"\d{1,3}(?:,\d{3})+", text)
    return float(text.replace(",", "") if thousands else text.replace(",", "."))


def _unit(text: str) -> tuple[str, float] | None:
    folded = text.strip().casefold()
    if folded in _UNITS:
        return _UNITS[folded]
    return _INTERNATIONAL if re.fullmatch(rf"{_UNIT}|\[iu\]|\[usp'u\]", folded) else None


def times_a_day(instruction: Instruction) -> float | None:
    """How often a day, also where it names days of the week, times a week or times of the day."""
    repeat = instruction.timing and instruction.timing.repeat
    if repeat and repeat.day_of_week:
        at_times = len(repeat.time_of_day or ()) or (repeat.frequency or 1)
        return len(set(repeat.day_of_week)) / 7 * at_times
    if repeat and repeat.time_of_day and not repeat.period:
        return float(len(repeat.time_of_day))
    if not (repeat and repeat.period) and (weekly := _times_a_week(_text(instruction))):
        return weekly / 7
    return _times(instruction)


def _times_a_week(text: str) -> float | None:
    """How often a week, where a text says it by the week or names days of it."""
    if named := set(_WEEKDAY.findall(text)):
        return float(len(named))
    if _WEEK.search(text) is None:
        return None
    several = _SEVERAL.search(text)
    return _SEVERAL_TIMES[several[1]] if several else 1.0


def _times(instruction: Instruction) -> float | None:
    timing = instruction.timing
    repeat = timing and timing.repeat
    if repeat and repeat.period and (days := _DAYS.get(repeat.period_unit or "")):
        return (repeat.frequency or 1) / (repeat.period * days)
    for word in (*_code_texts(timing.code if timing else None), _text(instruction)):
        if often := _often(word.casefold()):
            return often
    return None


def _often(text: str) -> float | None:
    found = _HOW_OFTEN.search(text)
    return float(_OFTEN[found[1]]) if found else None


def _code_texts(concept: CodeableConcept | None) -> Iterator[str]:
    if concept:
        yield concept.text or ""
        for coding in concept.coding or ():
            yield coding.display or ""
            yield coding.code or ""


def duration(quantity: Quantity | None) -> timedelta | None:
    """The time that a Duration says; None if it says none."""
    if quantity is None or quantity.value is None:
        return None
    days = _DAYS.get((quantity.code or quantity.unit or "").strip().casefold())
    return timedelta(days=quantity.value * days) if days and 0 < quantity.value < 36500 else None
