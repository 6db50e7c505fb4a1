"""Encounters of the chart: in what setting, from when to when, and the stays in intensive care."""

from collections.abc import Iterable, Iterator

from msgspec.json import Decoder

from fhir_adapters.r4.datatypes import CodeableConcept, CodeableReference, Coding, Period, Reference
from fhir_adapters.r4.references import relative, resolved
from fhir_adapters.r4.resources import Encounter, EncounterLocation, Hospitalization, Location
from fhir_adapters.r4.unusable import Unusable
from fhir_adapters.readers.context import Context
from fhir_adapters.record import DropCode, Dropped, RecordedEncounter, Source, Stay, When
from fhir_adapters.terminology import value_sets
from fhir_adapters.terminology.systems import system_name

_OPEN = frozenset({"arrived", "triaged", "in-progress", "onleave", "on-hold"})
_OVER = frozenset({"finished", "discharged", "completed"})
_NEVER_WAS = frozenset({"planned", "cancelled", "entered-in-error", "discontinued"})
_location = Decoder(Location)
_NOT_THERE = frozenset({"planned", "reserved"})


def recorded_encounter(
    encounter: Encounter, reference: str, context: Context
) -> RecordedEncounter | Dropped:
    """Reads an Encounter, with `reference` as its source.

    Dropped are those that are not this patient's, that were only planned, cancelled or entered in
    error, and those whose status or setting is not known.
    """
    try:
        context.check_subject(encounter.subject or encounter.patient)
        context.check_use(encounter)
        return _recorded(encounter, reference, context)
    except Unusable as refused:
        return Dropped(Source(reference), refused.code, refused.text)


def _recorded(encounter: Encounter, reference: str, context: Context) -> RecordedEncounter:
    status = encounter.status or ""
    if status not in _OPEN | _OVER:
        said = status if status in _NEVER_WAS else "not a known one"
        raise Unusable(DropCode.STATUS, f"its status is {said}")
    began, ended = _span(encounter.period or encounter.actual_period, context)
    admission = encounter.hospitalization or encounter.admission or Hospitalization()
    return RecordedEncounter(
        id=encounter.id or "",
        setting=_setting(encounter),
        open=status in _OPEN,
        source=Source(reference),
        began=began,
        ended=ended,
        intensive_care=tuple(_intensive_care(encounter, context)),
        admission_source=_coded("admission_source", admission.admit_source),
        admission_priority=_coded("admission_priority", encounter.priority),
        discharge_disposition=_coded("discharge_disposition", admission.discharge_disposition),
    )


def _span(period: Period | None, context: Context) -> tuple[When | None, When | None]:
    began = context.when(period.start) if period and period.start else None
    ended = context.when(period.end) if period and period.end else None
    return (began[0] if began else None, ended[0] if ended else None)


def _setting(encounter: Encounter) -> str:
    """What the class says; versions of FHIR have a word, a Coding or several concepts for it."""
    said = encounter.class_
    concepts = said if isinstance(said, list) else [_concept(said)]
    return next(filter(None, (_coded("setting", each) for each in concepts)), "")


def _concept(said: Coding | str | None) -> CodeableConcept:
    coding = Coding(code=said) if isinstance(said, str) else said
    return CodeableConcept(coding=[coding] if coding else None)


def _coded(what: str, concept: CodeableConcept | None) -> str:
    for coding in (concept and concept.coding) or ():
        system = system_name(coding.system) or ""
        if meaning := value_sets.encounter_code(what, system, coding.code or ""):
            return meaning
    return ""


def _intensive_care(encounter: Encounter, context: Context) -> Iterator[Stay]:
    """When the patient was where intensive care is given, as places or the visit itself say."""
    if any(_is_ward(each) for each in _kinds(encounter)):
        yield Stay(*_span(encounter.period or encounter.actual_period, context))
    for place in encounter.location or ():
        if place.status not in _NOT_THERE and _is_intensive_care(place, encounter, context):
            yield Stay(*_span(place.period, context))


def _kinds(encounter: Encounter) -> Iterator[CodeableConcept]:
    yield from encounter.type or ()
    service = encounter.service_type
    for each in service if isinstance(service, list) else (service,):
        concept = each.concept if isinstance(each, CodeableReference) else each
        if concept:
            yield concept


def _is_ward(concept: CodeableConcept | None) -> bool:
    return _coded("ward", concept) == "intensive_care"


def _is_intensive_care(place: EncounterLocation, encounter: Encounter, context: Context) -> bool:
    """By the site's own map of places, or else by the type of the Location."""
    pointer = place.location or Reference()
    names = (relative(pointer.reference or ""), pointer.display or "")
    folded = (name.strip().casefold() for name in names)
    known = [context.site.locations[name] for name in folded if name in context.site.locations]
    if known:
        return "intensive_care" in known
    location = resolved(
        pointer.reference or "", context.locations, resources=encounter.contained, of=_location
    )
    return location is not None and any(map(_is_ward, _types(location)))


def _types(location: Location) -> Iterable[CodeableConcept]:
    kinds = location.type
    return [kinds] if isinstance(kinds, CodeableConcept) else kinds or ()
