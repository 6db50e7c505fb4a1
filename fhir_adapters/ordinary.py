"""The ordinary result, read in one step: a final number of a known code, in its concept's unit."""

from functools import lru_cache

from fhir_adapters.context import Context
from fhir_adapters.r4 import Observation, Reference
from fhir_adapters.record import Measurement, Source

BLOOD_PRESSURE = frozenset({"sbp", "dbp", "map"})
"""What may have been measured at home, as only its words tell."""

_PROFESSIONAL = ("Organization/", "Practitioner/", "PractitionerRole/")

# Rounding takes longer than the rest of reading a number, and a chart repeats its values.
_rounded = lru_cache(maxsize=4096)(round)


def ordinary(observation: Observation, reference: str, context: Context) -> Measurement | None:
    """The only measurement of an Observation that has nothing to remark on; None for any other.

    Most results are of this kind, and a long chart holds thousands. What is not goes the long way,
    which says the same of an ordinary one. Whose it is has been checked before.
    """
    quantity, time = observation.value_quantity, observation.effective_date_time
    if quantity is None or time is None or _remarkable(observation):
        return None
    match, value = context.plain_match(observation.code, quantity), quantity.value
    if match is None or value is None or quantity.comparator:
        return None
    concept = match.concept
    rounded = _rounded(value + 0.0, concept.precision)  # which makes a -0.0 the 0.0 it equals
    if concept.key in BLOOD_PRESSURE or not concept.low <= rounded <= concept.high:
        return None
    read = context.when(time)
    if read is None or read[1]:
        return None
    source = Source(reference, match.code)
    return Measurement(concept.key, rounded, concept.unit, read[0], source)


def _remarkable(observation: Observation) -> bool:
    return bool(
        observation.status not in ("final", "amended", "corrected")
        or observation.component
        or observation.focus
        or observation.value_integer is not None
        or observation.data_absent_reason
        or observation.modifier_extension
        or observation.implicit_rules
        or observation.specimen
        or observation.method
        or (observation.performer and _may_be_lay(observation.performer))
    )


def _may_be_lay(performers: list[Reference] | Reference) -> bool:
    if isinstance(performers, Reference):
        return True
    for each in performers:
        if each.type or not each.reference or not each.reference.startswith(_PROFESSIONAL):
            return True
    return False
