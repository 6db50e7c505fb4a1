"""A patient's record, read from whatever the prefetch keys hold."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeAlias, TypeVar

from fhir_adapters.conditions import recorded_condition
from fhir_adapters.context import Context
from fhir_adapters.medications import recorded_medication
from fhir_adapters.observations import measurements
from fhir_adapters.people import person
from fhir_adapters.r4 import Condition, Medication, Observation, Patient, Prescribed
from fhir_adapters.record import (
    DropCode,
    Dropped,
    Measurement,
    PatientRecord,
    Person,
    RecordedCondition,
    RecordedMedication,
    When,
)
from fhir_adapters.references import reference_to
from fhir_adapters.searchset import Found, answer
from fhir_adapters.site import SiteMap
from fhir_adapters.versions import current

Datum: TypeAlias = Person | Measurement | RecordedCondition | RecordedMedication | Dropped
"""What one resource, or one part of it, is read as."""

Listed = TypeVar("Listed", Dropped, RecordedCondition, RecordedMedication)


class WrongPatient(Exception):
    """The Patient resource that was sent is not the patient that the call is about."""


def read_record(
    given: Mapping[str, bytes],
    *,
    patient_id: str,
    asked: Mapping[str, int],
    site: SiteMap,
) -> PatientRecord:
    """Reads a record from prefetch keys.

    `given` holds the raw JSON of each key that was sent (b"null" for a null), `asked` each declared
    key's `_count` (0 for a read). A resource counts by its type, in whatever key it came, and the
    order of keys and resources makes no difference. Nothing here depends on the time of the call.

    Raises WrongPatient if the Patient resource is of another patient.
    """
    answers = {key: answer(given.get(key), asked=asked.get(key)) for key in {**asked, **given}}
    found = [each for one in answers.values() for each in one.found]
    _check_patient(found, patient_id)
    context = _context(found, patient_id, site)
    kept, left_out = current((each for each in found if not each.included), context)
    data = [datum for each in kept for datum in _read(each, context)]
    measured, repeated = _unique(datum for datum in data if isinstance(datum, Measurement))
    malformed = (each for one in answers.values() for each in one.dropped)
    refused = (datum for datum in data if isinstance(datum, Dropped))
    return PatientRecord(
        person=next((datum for datum in data if isinstance(datum, Person)), None),
        measurements=_by_concept(measured),
        conditions=_sorted(datum for datum in data if isinstance(datum, RecordedCondition)),
        medications=_sorted(datum for datum in data if isinstance(datum, RecordedMedication)),
        dropped=_sorted((*malformed, *left_out, *refused, *repeated)),
        availability={key: one.availability for key, one in answers.items()},
    )


def _check_patient(found: Iterable[Found], patient_id: str) -> None:
    patients = (each for each in found if isinstance(each.resource, Patient) and not each.included)
    if any(each.resource.id not in (None, patient_id) for each in patients):
        raise WrongPatient("the Patient resource is not the patient of the call")


def _context(found: Iterable[Found], patient_id: str, site: SiteMap) -> Context:
    patients = (each for each in found if isinstance(each.resource, Patient))
    urls = frozenset(each.full_url for each in patients if each.resource.id == patient_id)
    context = Context(patient_id, site, urls - {""})
    drugs, _ = current((each for each in found if isinstance(each.resource, Medication)), context)
    return replace(context, medications=_by_reference(drugs))


def _by_reference(drugs: Iterable[Found]) -> Mapping[str, Medication]:
    known: dict[str, Medication] = {}
    for each in drugs:
        if isinstance(each.resource, Medication):
            known[reference_to(each.resource, each.full_url)] = each.resource
            known[each.full_url] = each.resource
    return known


def _read(found: Found, context: Context) -> Sequence[Datum]:
    resource = found.resource
    reference = reference_to(resource, found.full_url)
    if isinstance(resource, Observation):
        return measurements(resource, reference, context)
    if isinstance(resource, Condition):
        return [recorded_condition(resource, reference, context)]
    if isinstance(resource, Prescribed):
        return [recorded_medication(resource, reference, context)]
    if isinstance(resource, Patient):
        return [person(resource, reference, context)]
    return []  # a Medication is read where an order points at it


def _unique(measured: Iterable[Measurement]) -> tuple[list[Measurement], list[Dropped]]:
    """Leaves one of each value of a concept at a time: a component may also stand by itself."""
    groups: defaultdict[object, list[Measurement]] = defaultdict(list)
    for each in measured:
        groups[each.concept, each.when.earliest, each.when.latest, each.value, each.bound].append(
            each
        )
    kept: list[Measurement] = []
    dropped: list[Dropped] = []
    for same in groups.values():
        best = same[0] if len(same) == 1 else min(same, key=_burden)
        kept.append(best)
        dropped += (_repeated(each) for each in same if each is not best)
    return kept, dropped


def _burden(measurement: Measurement) -> tuple[int, str, str]:
    return len(measurement.notes), measurement.source.reference, measurement.source.code


def _repeated(measurement: Measurement) -> Dropped:
    text = "the same value at the same time is recorded elsewhere"
    return Dropped(
        measurement.source, DropCode.DUPLICATE, text, measurement.concept, measurement.when
    )


def _by_concept(measured: Iterable[Measurement]) -> Mapping[str, tuple[Measurement, ...]]:
    """Each concept's measurements, newest first."""
    concepts: defaultdict[str, list[Measurement]] = defaultdict(list)
    for each in measured:
        concepts[each.concept].append(each)
    return {
        concept: tuple(sorted(concepts[concept], key=_recency, reverse=True))
        for concept in sorted(concepts)
    }


def _recency(measurement: Measurement) -> tuple[datetime, datetime, str, str, str]:
    when, source = measurement.when, measurement.source
    return when.earliest, when.latest, source.reference, source.code, str(measurement.value)


def _sorted(data: Iterable[Listed]) -> tuple[Listed, ...]:
    """In an order that depends on nothing but what they say."""
    return tuple(sorted(data, key=_order))


def _order(datum: Dropped | RecordedCondition | RecordedMedication) -> tuple[str, ...]:
    source = datum.source.reference, datum.source.code
    if isinstance(datum, Dropped):
        return (*source, datum.concept, datum.code, datum.text, _text(datum.when))
    if isinstance(datum, RecordedCondition):
        times = _text(datum.onset), _text(datum.recorded), _text(datum.abated)
        return (*source, datum.standing, *times, *sorted(datum.concepts))
    return (*source, _text(datum.authored), *sorted(datum.classes))


def _text(when: When | None) -> str:
    return when.text if when else ""
