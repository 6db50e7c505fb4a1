"""Tells an integrator what is read from a chart, what is not and why, and what is invalid in it."""

from collections.abc import Iterable, Iterator
from textwrap import indent

from cds_hooks.ehr import UnusableBundle, patient_id, resources
from cds_hooks.fhir_search import Resource
from cds_hooks.terminal import plain
from cds_hooks.validity import problems
from cds_hooks.wire import encode
from fhir_adapters.read import WrongPatient, read_record
from fhir_adapters.record import (
    Dropped,
    Measurement,
    Note,
    PatientRecord,
    Person,
    RecordedCondition,
    RecordedEncounter,
    RecordedMedication,
    When,
)
from fhir_adapters.site import SiteMap
from fhir_adapters.value_sets import label


def report(bundle: bytes, site: SiteMap) -> str:
    """The whole report on a Bundle, read with a site's map, in sections; raises UnusableBundle."""
    held = resources(bundle)
    record = _record(held, site)
    measured = [each for several in record.measurements.values() for each in several]
    sections = (
        _section("Patient", map(_person, filter(None, [record.person]))),
        _section("Measurements", map(_measurement, measured)),
        _section("Conditions", map(_condition, record.conditions)),
        _section("Medications", map(_medication, record.medications)),
        _section("Encounters", map(_encounter, record.encounters)),
        _section("Not used", map(_dropped, record.dropped)),
        _section("Not valid FHIR R4B", _invalid(held)),
    )
    return plain("\n\n".join(sections))


def _record(held: list[Resource], site: SiteMap) -> PatientRecord:
    chart = {"resourceType": "Bundle", "type": "searchset"}
    body = encode(chart | {"entry": [{"resource": resource} for resource in held]})
    try:
        # Resources count by their type, whatever the key is called.
        return read_record({"chart": body}, patient_id=patient_id(held), asked={}, site=site)
    except WrongPatient:
        raise UnusableBundle("the Bundle holds more than one Patient") from None


def _section(title: str, lines: Iterable[str]) -> str:
    written = list(lines)
    return f"{title} ({len(written)})\n{indent(chr(10).join(written) or 'none', '  ')}"


def _line(what: str, *, source: str, notes: Iterable[Note], when: When | None = None) -> str:
    told = "; ".join(note.text for note in notes)
    parts = (what, when.text if when else "", source, f"({told})" if told else "")
    return "  ".join(filter(None, parts))


def _person(person: Person) -> str:
    born = f"born {person.born.text}" if person.born else "birth date not known"
    parts = (born, person.sex or "sex not known", "deceased" if person.deceased else "")
    what = ", ".join(filter(None, parts))
    return _line(what, source=person.source.reference, notes=person.notes)


def _measurement(measured: Measurement) -> str:
    value = measured.value if isinstance(measured.value, str) else f"{measured.value:g}"
    what = f"{label(measured.concept)} {measured.bound}{value} {measured.unit}".rstrip()
    source = measured.source.reference
    return _line(what, source=source, notes=measured.notes, when=measured.when)


def _condition(recorded: RecordedCondition) -> str:
    what = f"{_labels(recorded.concepts)}, {recorded.standing}"
    when = recorded.onset or recorded.recorded
    return _line(what, source=recorded.source.reference, notes=recorded.notes, when=when)


def _medication(recorded: RecordedMedication) -> str:
    what, source = _labels(recorded.classes), recorded.source.reference
    return _line(what, source=source, notes=recorded.notes, when=recorded.authored)


def _encounter(recorded: RecordedEncounter) -> str:
    setting = recorded.setting or "setting not known"
    intensive = "with intensive care" if recorded.intensive_care else ""
    what = ", ".join(filter(None, (f"Encounter: {setting}", intensive)))
    return _line(what, source=recorded.source.reference, notes=(), when=recorded.began)


def _labels(names: frozenset[str]) -> str:
    return ", ".join(sorted(map(label, names))) or "not recognised"


def _dropped(dropped: Dropped) -> str:
    what = label(dropped.concept) if dropped.concept else ""
    reason = f"{dropped.code}: {dropped.text}"
    parts = (reason, what, dropped.when.text if dropped.when else "", dropped.source.reference)
    return "  ".join(filter(None, parts))


def _invalid(held: Iterable[Resource]) -> Iterator[str]:
    for resource in held:
        for problem in problems(resource):
            yield f"{resource['resourceType']}/{resource.get('id', '?')}  {problem}"
