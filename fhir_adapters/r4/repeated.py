"""JSON objects that hold one member twice, of which a decoder takes the last without a word.

RFC 8259 (section 4) calls what is then meant unpredictable, so such a resource is not used. To look
at every object takes twice as long as `json.loads`. So a chart is only counted over: whether it
holds more of the members that matter than were decoded, or a quantity with two values. What raises
the suspicion is looked at exactly, entry by entry.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from json import JSONDecoder
from operator import attrgetter

from fhir_adapters.r4.resources import (
    Condition,
    Encounter,
    MedicationOrder,
    MedicationRequest,
    MedicationStatement,
    Observation,
    Patient,
)

_COUNTED: dict[type, dict[bytes, str]] = {
    Observation: {
        b'"status":': "status",
        b'"effectiveDateTime":': "effective_date_time",
        b'"valueQuantity":': "value_quantity",
    },
    Condition: {
        b'"clinicalStatus":': "clinical_status",
        b'"verificationStatus":': "verification_status",
    },
    Encounter: {b'"status":': "status"},
    Patient: {b'"birthDate":': "birth_date"},
    **{
        kind: {
            b'"status":': "status",
            b'"medicationCodeableConcept":': "medication_codeable_concept",
        }
        for kind in (MedicationRequest, MedicationOrder, MedicationStatement)
    },
}
# The status of a narrative is no status of a resource.
_NARRATIVE = re.compile(rb'"text"\s*:\s*\{\s*"status"\s*:')
_TWO_VALUES = re.compile(rb'"value"\s*:[^{}\[\]]*"value"\s*:')


def may_repeat(raw: bytes, resources: Iterable[object]) -> bool:
    """Whether an object of a chart, of which these were decoded, may hold a member twice."""
    by_type: defaultdict[type, list[object]] = defaultdict(list)
    for resource in resources:
        by_type[type(resource)].append(resource)
    decoded: Counter[bytes] = Counter()
    for kind, each in by_type.items():
        for member, name in _COUNTED.get(kind, {}).items():
            decoded[member] += len(each) - list(map(attrgetter(name), each)).count(None)
    decoded[b'"valueQuantity":'] += _of_components(by_type[Observation])
    for member, count in decoded.items():
        if raw.count(member) > count and _more(raw, member, count):
            return True
    return bool(by_type[Observation]) and _TWO_VALUES.search(raw) is not None


def _more(raw: bytes, member: bytes, count: int) -> bool:
    """Whether a member is there more often than it was decoded."""
    counted = raw.count(member)
    if counted > count and member == b'"status":':
        counted -= len(_NARRATIVE.findall(raw))
    return counted > count


def _of_components(observations: Iterable[object]) -> int:
    parts = [
        part.value_quantity
        for each in observations
        if isinstance(each, Observation) and each.component
        for part in each.component
    ]
    return len(parts) - parts.count(None)


def repeats(raw: bytes) -> bool:
    """Whether any object in a valid JSON text holds a member twice, or is nested too deeply."""
    objects: list[list[tuple[str, object]]] = []
    # Each object is kept as its members, and stands as None where it stood. No number is read: one
    # of thousands of digits would raise.
    decoder = JSONDecoder(
        object_pairs_hook=objects.append, parse_int=str, parse_float=str, strict=False
    )
    try:
        decoder.decode(raw.decode())
    except RecursionError:
        return True
    return any(len(members) > len(dict(members)) for members in objects)
