"""One laboratory result that is reported in two units, as HbA1c often is: in % and in mmol/mol."""

from collections.abc import Iterable

from fhir_adapters.record import DropCode, Dropped, Measurement
from fhir_adapters.terminology.value_sets import concepts

_ROUNDED = 0.02
"""The relative difference that rounding in either unit may make."""


def singly(together: Iterable[Measurement]) -> tuple[list[Measurement], list[Dropped]]:
    """Of one concept's measurements at one time, those that are not another in a second unit.

    The one with the fewest notes, which is the one that was not converted, stands for the result.
    Two values that differ by more than rounding are two results, and so are two in one unit.
    """
    kept: list[Measurement] = []
    dropped: list[Dropped] = []
    for each in sorted(together, key=burden):
        if any(_one_result(each, other) for other in kept):
            dropped.append(_repeated(each))
        else:
            kept.append(each)
    return kept, dropped


def burden(measurement: Measurement) -> tuple[int, str, str]:
    """Sorts the measurement that needs the fewest notes first."""
    return len(measurement.notes), measurement.source.reference, measurement.source.code


def _one_result(one: Measurement, other: Measurement) -> bool:
    concept = concepts()[one.concept]
    # A share of a temperature or of a pH says nothing: their zero is arbitrary, or a logarithm.
    if concept.group != "lab" or concept.unit == "[pH]" or one.bound or other.bound:
        return False
    if isinstance(one.value, str) or isinstance(other.value, str) or _unit(one) == _unit(other):
        return False
    return abs(one.value - other.value) <= _ROUNDED * max(abs(one.value), abs(other.value))


def _unit(measurement: Measurement) -> str:
    """The unit it was sent in, as far as that changed the number."""
    return measurement.original.partition(" ")[2] if measurement.original else measurement.unit


def _repeated(measurement: Measurement) -> Dropped:
    text = "the same result at the same time is recorded in another unit"
    return Dropped(
        measurement.source, DropCode.DUPLICATE, text, measurement.concept, measurement.when
    )
