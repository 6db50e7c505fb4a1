"""The upper reference limit that a result states for itself.

A troponin has no limit of its own: the 99th percentile depends on the assay, so the limit that came
with the result is the only one that it can be compared with. It is read of troponin alone.
"""

import re
from contextlib import suppress

from msgspec import DecodeError
from msgspec.json import Decoder
from msgspec.structs import replace

from fhir_adapters.r4.datatypes import NOTHING, CodeableConcept, Part, Quantity
from fhir_adapters.r4.resources import Observation
from fhir_adapters.r4.unusable import Unusable
from fhir_adapters.readers.context import Context
from fhir_adapters.readers.quantities import amount, written
from fhir_adapters.terminology.value_sets import Concept

STATED = frozenset({"troponin_i", "troponin_t"})
"""The concepts whose results are compared with the limit that they state."""

_FROM = re.compile(r"\s*[0-9]+(?:[.,][0-9]+)?\s*[-–]\s*(?=[0-9])")
_NORMAL = frozenset({"normal", ""})


class ReferenceRange(Part):
    """One reference range of a result, in numbers or words; without a type the normal one."""

    high: Quantity | None = None
    text: str | None = None
    type: CodeableConcept | None = None


_ranges = Decoder(list[ReferenceRange])


def upper_limit(observation: Observation, concept: Concept, context: Context) -> float | None:
    """The upper limit of the normal range, in the concept's unit; None where none is stated.

    A limit without a unit is in the unit of the result.
    """
    for each in _stated(observation):
        stated = each.high or _in_words(each.text or "")
        if stated is None or not _is_normal(each.type):
            continue
        with suppress(Unusable):
            high = _with_unit(stated, _result(observation))
            value = amount(high, concept, hint=None, context=context).value
            return value if isinstance(value, float) and value > 0 else None
    return None


def _stated(observation: Observation) -> list[ReferenceRange]:
    if observation.reference_range is NOTHING:
        return []
    with suppress(DecodeError, RecursionError):
        return _ranges.decode(observation.reference_range)
    return []


def _in_words(text: str) -> Quantity | None:
    """The upper limit of "<14", "<= 14 ng/L" or "0 - 14"; None of any other text."""
    limit = written(_FROM.sub("", text, count=1))
    if limit is None or (limit.comparator or "<")[0] != "<":
        return None
    ranged = _FROM.match(text) is not None
    return replace(limit, comparator=None) if ranged or limit.comparator else None


def _result(observation: Observation) -> Quantity | None:
    return observation.value_quantity or written(observation.value_string or "")


def _is_normal(kind: CodeableConcept | None) -> bool:
    codes = {coding.code or "" for coding in (kind and kind.coding) or ()}
    return not codes or bool(codes & _NORMAL)


def _with_unit(high: Quantity, result: Quantity | None) -> Quantity:
    if high.unit or high.code or result is None:
        return high
    return replace(high, unit=result.unit, system=result.system, code=result.code)
