"""A patient's record, read from whatever the prefetch keys hold."""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain, groupby
from operator import attrgetter, ne
from typing import Any, TypeAlias, TypeVar

import msgspec

from fhir_adapters.r4.references import reference_to
from fhir_adapters.r4.resources import (
    AllergyIntolerance,
    Condition,
    Data,
    Device,
    DeviceUsage,
    DeviceUseStatement,
    Encounter,
    Location,
    Medication,
    MedicationOrder,
    MedicationRequest,
    MedicationStatement,
    Observation,
    Patient,
    Procedure,
    Specimen,
)
from fhir_adapters.r4.searchset import Found, answer
from fhir_adapters.readers.allergies import recorded_allergy
from fhir_adapters.readers.conditions import recorded_condition
from fhir_adapters.readers.context import Context
from fhir_adapters.readers.drafts import discharge_orders, draft_orders
from fhir_adapters.readers.dual_reports import burden, singly
from fhir_adapters.readers.encounters import recorded_encounter
from fhir_adapters.readers.medications import recorded_medication
from fhir_adapters.readers.observations import measurements
from fhir_adapters.readers.people import person
from fhir_adapters.readers.procedures import (
    recorded_device,
    recorded_device_use,
    recorded_procedure,
)
from fhir_adapters.readers.unplaced import LISTS
from fhir_adapters.readers.versions import current
from fhir_adapters.record import (
    DropCode,
    Dropped,
    Measurement,
    PatientRecord,
    Person,
    RecordedAllergy,
    RecordedCondition,
    RecordedEncounter,
    RecordedMedication,
    When,
)
from fhir_adapters.terminology.site import SiteMap
from fhir_adapters.terminology.value_sets import concepts

Datum: TypeAlias = (
    Person
    | Measurement
    | RecordedAllergy
    | RecordedCondition
    | RecordedMedication
    | RecordedEncounter
    | Dropped
)
"""What one resource, or one part of it, is read as."""

Reader: TypeAlias = Callable[[Any, str, Context], Sequence[Datum]]
"""Reads a resource, pointed at by a reference, as what it holds."""

_LISTS = frozenset({"patient", *LISTS.values(), *(each.cadence for each in concepts().values())})

_time = attrgetter("when.earliest", "when.latest")
_start = attrgetter("when.earliest")
_recency = attrgetter("when.earliest", "when.latest", "source.reference", "source.code", "value")

Listed = TypeVar("Listed", Dropped, RecordedAllergy, RecordedCondition, RecordedMedication)


class WrongPatient(Exception):
    """The Patient resource that was sent is not the patient that the call is about."""


def read_record(
    given: Mapping[str, bytes],
    *,
    patient_id: str,
    asked: Mapping[str, int],
    site: SiteMap,
    drafts: Sequence[msgspec.Raw] = (),
) -> PatientRecord:
    """Reads a record from prefetch keys.

    `given` holds the raw JSON of each key that was sent (b"null" for a null), `asked` each declared
    key's `_count` (0 for a read), `drafts` the entries of the call's draft orders. A resource
    counts by its type, in whatever key it came, and the order of keys and resources makes no
    difference. Nothing here depends on the time of the call.

    Raises WrongPatient if the Patient resource is of another patient.
    """
    answers = {key: answer(given.get(key), asked=asked.get(key)) for key in {**asked, **given}}
    found: defaultdict[type[Data], list[Found]] = defaultdict(list)
    for each in chain.from_iterable(one.found for one in answers.values()):
        found[type(each.resource)].append(each)
    _check_patient(found[Patient], patient_id)
    context = _context(found, patient_id, site)
    matches = [each for same in found.values() for each in same if not each.included]
    kept, left_out = current(matches, context)
    read: defaultdict[type[Datum], list[Any]] = defaultdict(list)
    for each in kept:
        reference = reference_to(each.resource, each.full_url)
        for datum in _READERS[type(each.resource)](each.resource, reference, context):
            read[type(datum)].append(datum)
    measured, repeated = _by_concept(read[Measurement])
    malformed = (
        msgspec.structs.replace(each, key=key if key in _LISTS else "")
        for key, one in answers.items()
        for each in one.dropped
    )
    return PatientRecord(
        person=next(iter(read[Person]), None),
        measurements=measured,
        conditions=_sorted(read[RecordedCondition]),
        medications=_sorted(read[RecordedMedication]),
        encounters=_newest_first(read[RecordedEncounter]),
        allergies=_sorted(read[RecordedAllergy]) if read[RecordedAllergy] else (),
        drafts=draft_orders(drafts, context) if drafts else (),
        discharge=discharge_orders(_orders(kept), context),
        dropped=_sorted((*malformed, *left_out, *read[Dropped], *repeated)),
        availability={key: one.availability for key, one in answers.items()},
    )


def _orders(kept: Iterable[Found]) -> Iterator[tuple[MedicationRequest, str]]:
    """The orders of drugs with what points at each, but those that name no care they are for."""
    for each in kept:
        if isinstance(each.resource, MedicationRequest) and each.resource.category:
            yield each.resource, reference_to(each.resource, each.full_url)


def _check_patient(patients: Iterable[Found], patient_id: str) -> None:
    matches = (each.resource for each in patients if not each.included)
    if any(each.id not in (None, patient_id) for each in matches):
        raise WrongPatient("the Patient resource is not the patient of the call")


def _context(
    found: Mapping[type[Data], Sequence[Found]], patient_id: str, site: SiteMap
) -> Context:
    own = (each for each in found.get(Patient, ()) if each.resource.id == patient_id)
    context = Context(patient_id, site, frozenset(each.full_url for each in own) - {""})
    drugs, _ = current(found.get(Medication, ()), context)
    places, _ = current(found.get(Location, ()), context)
    devices, _ = current(found.get(Device, ()), context)
    specimens, _ = current(found.get(Specimen, ()), context)
    return replace(
        context,
        medications=_by_reference(drugs),
        locations=_by_reference(places),
        devices=_by_reference(devices),
        specimens=_by_reference(specimens),
    )


def _by_reference(found: Iterable[Found]) -> Mapping[str, Any]:
    """Resources of one type by whatever a reference may call them."""
    known: dict[str, Data] = {}
    for each in found:
        known[reference_to(each.resource, each.full_url)] = each.resource
        known[each.full_url] = each.resource
    return known


def _by_concept(
    measured: Iterable[Measurement],
) -> tuple[Mapping[str, tuple[Measurement, ...]], list[Dropped]]:
    """Each concept's measurements, newest first; and what says only the same once more."""
    concepts: defaultdict[str, list[Measurement]] = defaultdict(list)
    for each in measured:
        concepts[each.concept].append(each)
    dropped: list[Dropped] = []
    kept = {key: tuple(_unique(concepts[key], dropped)) for key in sorted(concepts)}
    return kept, dropped


def _unique(measured: list[Measurement], dropped: list[Dropped]) -> Iterator[Measurement]:
    """One of each value at a time, newest first: a component may also stand by itself."""
    measured.sort(key=_start, reverse=True)  # which is enough where no two start together
    if all(map(ne, map(_start, measured), map(_start, measured[1:]))):
        yield from measured
        return
    measured.sort(key=_recency, reverse=True)
    for _, group in groupby(measured, key=_time):
        together = list(group)
        if len(together) > 1:
            together = _apart(together, dropped)
        yield from together


def _apart(together: list[Measurement], dropped: list[Dropped]) -> list[Measurement]:
    """One of each value, in the order they came, and none that is another in a second unit."""
    best = [min(same, key=burden) for same in _alike(together)]
    kept, in_another_unit = singly(best)
    of_each_value = {id(each) for each in best}
    dropped += (_repeated(each) for each in together if id(each) not in of_each_value)
    dropped += in_another_unit
    single = {id(each) for each in kept}
    return [each for each in best if id(each) in single]


def _alike(together: Iterable[Measurement]) -> Iterable[list[Measurement]]:
    values: defaultdict[object, list[Measurement]] = defaultdict(list)
    for each in together:
        values[each.value, each.bound].append(each)
    return values.values()


def _repeated(measurement: Measurement) -> Dropped:
    text = "the same value at the same time is recorded elsewhere"
    return Dropped(
        measurement.source, DropCode.DUPLICATE, text, measurement.concept, measurement.when
    )


def _sorted(data: Iterable[Listed]) -> tuple[Listed, ...]:
    """In an order that depends on nothing but what they say."""
    return tuple(sorted(data, key=_order))


def _order(
    datum: Dropped | RecordedAllergy | RecordedCondition | RecordedMedication,
) -> tuple[str, ...]:
    source = datum.source.reference, datum.source.code
    if isinstance(datum, RecordedAllergy):
        return (*source, datum.name, _text(datum.recorded), *sorted(datum.ingredients))
    if isinstance(datum, Dropped):
        return (*source, datum.concept, datum.code, datum.text, _text(datum.when))
    if isinstance(datum, RecordedCondition):
        times = _text(datum.onset), _text(datum.recorded), _text(datum.abated)
        return (*source, datum.standing, *times, *sorted(datum.concepts))
    return (*source, _text(datum.authored), *sorted(datum.classes))


def _newest_first(encounters: Iterable[RecordedEncounter]) -> tuple[RecordedEncounter, ...]:
    return tuple(sorted(encounters, key=_since, reverse=True))


def _since(encounter: RecordedEncounter) -> tuple[float, str]:
    began = encounter.began.earliest.timestamp() if encounter.began else -math.inf
    return began, encounter.source.reference


def _text(when: When | None) -> str:
    return when.text if when else ""


def _nothing(_: Medication | Location | Specimen, __: str, ___: Context) -> Sequence[Datum]:
    """These are read where an order, an Encounter or an Observation points at them."""
    return ()


def _one(read: Callable[[Any, str, Context], Datum]) -> Reader:
    return lambda resource, reference, context: (read(resource, reference, context),)


_READERS: Mapping[type[Data], Reader] = {
    Observation: measurements,
    Condition: _one(recorded_condition),
    AllergyIntolerance: _one(recorded_allergy),
    Procedure: _one(recorded_procedure),
    Device: _one(recorded_device),
    **dict.fromkeys((DeviceUseStatement, DeviceUsage), _one(recorded_device_use)),
    Patient: _one(person),
    Encounter: _one(recorded_encounter),
    Location: _nothing,
    Medication: _nothing,
    Specimen: _nothing,
    **dict.fromkeys(
        (MedicationRequest, MedicationOrder, MedicationStatement), _one(recorded_medication)
    ),
}

RESOURCE_TYPES = frozenset(each.__name__ for each in _READERS)
"""The names of the resource types that are read."""
