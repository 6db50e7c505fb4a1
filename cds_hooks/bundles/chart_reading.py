"""What is read from a chart, what was converted in it, and what is not used and why, by line."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cds_hooks.bundles.ehr import UnusableBundle, patient_id
from cds_hooks.bundles.fhir_search import Resource
from cds_hooks.engine.card_text import printed
from cds_hooks.protocol.json import encode
from fhir_adapters.r4.searchset import READ
from fhir_adapters.readers.read import WrongPatient, read_record
from fhir_adapters.record import (
    DropCode,
    Dropped,
    Measurement,
    Note,
    PatientRecord,
    Person,
    RecordedAllergy,
    RecordedCondition,
    RecordedEncounter,
    RecordedMedication,
    When,
)
from fhir_adapters.terminology.site import SiteMap
from fhir_adapters.terminology.value_sets import label

MOST_NAMED = 5
"""How many resources of a type that is not read are named one by one."""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing of the chart in words; what does not apply is ""."""

    what: str
    about: str = ""
    when: str = ""
    source: str = ""
    notes: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """Everything of one kind."""

    title: str
    lines: tuple[Line, ...]


def record_of(held: list[Resource], site: SiteMap) -> PatientRecord:
    """The record of a chart that holds these; raises UnusableBundle if it is not of one patient."""
    chart = {"resourceType": "Bundle", "type": "searchset"}
    body = encode(chart | {"entry": [{"resource": resource} for resource in held]})
    try:
        # Resources count by their type, whatever the key is called.
        return read_record({"chart": body}, patient_id=patient_id(held), asked={}, site=site)
    except WrongPatient:
        raise UnusableBundle("the Bundle holds more than one Patient") from None


def sections(record: PatientRecord, held: Iterable[Resource]) -> tuple[Section, ...]:
    """What was read of a chart that holds these, by kind, and last what is not used and why."""
    measured = [each for several in record.measurements.values() for each in several]
    return (
        Section("Patient", tuple(map(_person, filter(None, [record.person])))),
        Section("Measurements", tuple(map(_measurement, measured))),
        Section("Conditions", tuple(map(_condition, record.conditions))),
        Section("Medications", tuple(map(_medication, record.medications))),
        Section("Allergies", tuple(map(_allergy, record.allergies))),
        Section("Encounters", tuple(map(_encounter, record.encounters))),
        Section("Not used", (*map(_dropped, record.dropped), *_not_read(held, record))),
    )


def _not_read(held: Iterable[Resource], record: PatientRecord) -> Iterator[Line]:
    """One line for each type that is not read: a chart may hold thousands of one."""
    told = {each.source.reference for each in record.dropped}
    kinds: defaultdict[str, list[str]] = defaultdict(list)
    for resource in held:
        kind, reference = (
            resource["resourceType"],
            f"{resource['resourceType']}/{resource.get('id', '')}",
        )
        if kind not in READ and reference not in told:
            kinds[kind].append(reference)
    for _, references in sorted(kinds.items()):
        rest = len(references) - MOST_NAMED
        named = ", ".join(references[:MOST_NAMED]) + (f" and {rest} more" if rest > 0 else "")
        yield Line(f"{DropCode.TYPE_NOT_READ}: resources of this type are not read", source=named)


def _line(what: str, *, source: str, notes: Iterable[Note] = (), when: When | None = None) -> Line:
    told = "; ".join(note.text for note in notes)
    return Line(what, when=when.text if when else "", source=source, notes=told)


def _person(person: Person) -> Line:
    born = f"born {person.born.text}" if person.born else "birth date not known"
    parts = (born, person.sex or "sex not known", "deceased" if person.deceased else "")
    what = ", ".join(filter(None, parts))
    return _line(what, source=person.source.reference, notes=person.notes)


def _measurement(measured: Measurement) -> Line:
    value = measured.value if isinstance(measured.value, str) else f"{measured.value:g}"
    what = f"{label(measured.concept)} {measured.bound}{value} {printed(measured.unit)}".rstrip()
    source = measured.source.reference
    return _line(what, source=source, notes=measured.notes, when=measured.when)


def _condition(recorded: RecordedCondition) -> Line:
    what = f"{_labels(recorded.concepts)}, {recorded.standing}"
    when = recorded.onset or recorded.recorded
    return _line(what, source=recorded.source.reference, notes=recorded.notes, when=when)


def _medication(recorded: RecordedMedication) -> Line:
    what, source = _labels(recorded.classes), recorded.source.reference
    return _line(what, source=source, notes=recorded.notes, when=recorded.authored)


def _allergy(recorded: RecordedAllergy) -> Line:
    to = ", ".join((*sorted(map(label, recorded.classes)), *sorted(recorded.ingredients)))
    severe = "severe" if recorded.severe else ""
    sure = "" if recorded.certain else "not confirmed"
    what = ", ".join(filter(None, (to, severe, sure)))
    return _line(what, source=recorded.source.reference, when=recorded.recorded)


def _encounter(recorded: RecordedEncounter) -> Line:
    setting = recorded.setting or "setting not known"
    intensive = "with intensive care" if recorded.intensive_care else ""
    what = ", ".join(filter(None, (f"Encounter: {setting}", intensive)))
    return _line(what, source=recorded.source.reference, when=recorded.began)


def _labels(names: frozenset[str]) -> str:
    return ", ".join(sorted(map(label, names))) or "not recognised"


def _dropped(dropped: Dropped) -> Line:
    return Line(
        f"{dropped.code}: {dropped.text}",
        about=label(dropped.concept) if dropped.concept else "",
        when=dropped.when.text if dropped.when else "",
        source=dropped.source.reference,
    )
