"""The ordinary result, read in one step: a final number of a known code, in a known unit."""

from functools import lru_cache

from fhir_adapters.r4.datatypes import NOTHING, Reference
from fhir_adapters.r4.resources import Observation
from fhir_adapters.readers.context import Context
from fhir_adapters.readers.haemolysis import may_be_said
from fhir_adapters.readers.quantities import as_sent
from fhir_adapters.readers.reference_limit import STATED
from fhir_adapters.record import Measurement, Source

BLOOD_PRESSURE = frozenset({"sbp", "dbp", "map"})
"""What may have been measured at home, as only its words tell."""

_MORE_IS_READ = BLOOD_PRESSURE | STATED
"""What is read together with words or a reference range, the long way."""

_PROFESSIONAL = ("Organization/", "Practitioner/", "PractitionerRole/")

# Rounding takes longer than the rest of reading a number, and a chart repeats its values.
_rounded = lru_cache(maxsize=4096)(round)


def ordinary(observation: Observation, reference: str, context: Context) -> Measurement | None:
    """The only measurement of an Observation with nothing to remark on but its unit; else None.

    Most results are of this kind, and a long chart holds thousands. What is not goes the long way,
    which says the same of an ordinary one. Whose it is has been checked before.
    """
    quantity, time = observation.value_quantity, observation.effective_date_time
    if quantity is None or time is None or _remarkable(observation):
        return None
    plain, value = context.plain(observation.code, quantity), quantity.value
    if plain is None or value is None or quantity.comparator:
        return None
    concept, conversion = plain.match.concept, plain.conversion
    # Adding even 0.0 makes a -0.0 the 0.0 it equals.
    canonical = _rounded(value * conversion.factor + conversion.offset, concept.precision)
    if concept.key in _MORE_IS_READ or not concept.low <= canonical <= concept.high:
        return None
    read = context.when(time)
    if read is None or read[1]:
        return None
    source = Source(reference, plain.match.code)
    original, notes = as_sent(concept, value, canonical, unit=plain.unit)
    return Measurement(
        concept=concept.key,
        value=canonical,
        unit=concept.unit,
        when=read[0],
        source=source,
        original=original,
        notes=notes,
        corrected=observation.status != "final",
    )


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
        or (
            (observation.interpretation is not NOTHING or observation.note is not NOTHING)
            and may_be_said(observation)
        )
        or observation.comments
        or (observation.performer and _may_be_lay(observation.performer))
    )


def _may_be_lay(performers: list[Reference] | Reference) -> bool:
    if isinstance(performers, Reference):
        return True
    for each in performers:
        if each.type or not each.reference or not each.reference.startswith(_PROFESSIONAL):
            return True
    return False
