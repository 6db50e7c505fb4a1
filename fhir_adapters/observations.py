"""Observations made into measurements, or into the reasons why they are not used."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from fhir_adapters import value_sets
from fhir_adapters.codes import Match, first_code
from fhir_adapters.context import Context
from fhir_adapters.quantities import Amount, amount, parsed
from fhir_adapters.r4 import CodeableConcept, Observation, Quantity, Reference, Valued
from fhir_adapters.record import DropCode, Dropped, Measurement, Note, NoteCode, Source, When
from fhir_adapters.specimens import check_specimen
from fhir_adapters.systems import system_name
from fhir_adapters.unusable import Unusable
from fhir_adapters.value_sets import Concept

Part: TypeAlias = tuple[Valued, Match]
"""An Observation or a component of it, and what its code says it is of."""

_USABLE = frozenset({"final", "amended", "corrected", "preliminary"})
_NOT_RESULTS = frozenset({"registered", "cancelled", "entered-in-error", "unknown"})
_ABSENT_REASONS = frozenset(
    {
        "asked-declined",
        "asked-unknown",
        "error",
        "masked",
        "not-applicable",
        "not-asked",
        "not-performed",
        "not-permitted",
        "temp-unknown",
        "unknown",
        "unsupported",
    }
)
_VALUES = (
    *(name for name in Valued.__struct_fields__ if name.startswith("value_")),
    "data_absent_reason",
)
_BLOOD_PRESSURE = frozenset({"sbp", "dbp", "map"})
_PRELIMINARY = Note(NoteCode.PRELIMINARY, "preliminary result")
_SELF_REPORTED = Note(NoteCode.SELF_REPORTED, "reported by the patient or measured at home")
_ISSUED = Note(NoteCode.ISSUED, "dated by its report, not by when it was taken")
_ZONE_ASSUMED = Note(NoteCode.ZONE_ASSUMED, "time without an offset: the site's time zone assumed")


@dataclass(frozen=True, slots=True)
class _Shared:
    """What all values of one Observation have in common; `when` is None where it cannot be told."""

    observation: Observation
    reference: str
    context: Context
    when: When | None
    notes: tuple[Note, ...]


def measurements(
    observation: Observation, reference: str, context: Context
) -> Iterator[Measurement | Dropped]:
    """Reads every value of a known concept in an Observation and its components.

    Yields a Measurement or Dropped for each, with `reference` as its source; or one Dropped for an
    Observation that is not this patient's or has no known concept.
    """
    try:
        _check_whose(observation, context)
    except Unusable as refused:
        yield Dropped(Source(reference), refused.code, refused.text)
        return
    parts = _parts(observation, context)
    if not parts and not _only_groups(observation):
        source = Source(reference, first_code(observation.code))
        yield Dropped(source, DropCode.NO_KNOWN_CODE, "no code that is read here")
    shared = _Shared(observation, reference, context, *_time(observation, context))
    for part in parts:
        yield _measurement(part, shared)


def _check_whose(observation: Observation, context: Context) -> None:
    context.check_subject(observation.subject)
    if observation.focus:  # a fetus, a device, a donor
        raise Unusable(DropCode.NOT_THE_PATIENT, "it is not about the patient")


def _parts(observation: Observation, context: Context) -> list[Part]:
    parts: list[Part] = []
    own = context.match(observation.code)
    if own and (_says_anything(observation) or not observation.component):
        parts.append((observation, own))
    for component in observation.component or ():
        if match := context.match(component.code):
            parts.append((component, match))
    return parts


def _only_groups(observation: Observation) -> bool:
    codings = (observation.code and observation.code.coding) or ()
    systems = ((system_name(coding.system), coding.code or "") for coding in codings)
    return any(system and value_sets.is_panel(system, code) for system, code in systems)


def _says_anything(part: Valued) -> bool:
    return any(getattr(part, name) is not None for name in _VALUES)


def _measurement(part: Part, shared: _Shared) -> Measurement | Dropped:
    valued, match = part
    concept, when = match.concept, shared.when
    source = Source(shared.reference, match.code)
    try:
        if when is None:
            raise Unusable(DropCode.NO_TIME, "it does not say when")
        _check_usable(shared, valued, concept)
        read = _value(valued, match, shared.context)
    except Unusable as refused:
        return Dropped(source, refused.code, refused.text, concept.key, when)
    return Measurement(
        concept=concept.key,
        value=read.value,
        unit=concept.unit,
        when=when,
        source=source,
        bound=read.bound,
        original=read.original,
        notes=(*shared.notes, *match.notes, *_reported(shared, concept), *read.notes),
    )


def _check_usable(shared: _Shared, valued: Valued, concept: Concept) -> None:
    observation = shared.observation
    shared.context.check_use(observation)
    if valued.modifier_extension:
        raise Unusable(DropCode.MODIFIER, "an unknown extension changes its meaning")
    if observation.status not in _USABLE:
        status = observation.status if observation.status in _NOT_RESULTS else "not a known one"
        raise Unusable(DropCode.STATUS, f"its status is {status}")
    if observation.specimen:
        check_specimen(observation, concept)


def _value(valued: Valued, match: Match, context: Context) -> Amount:
    if valued.data_absent_reason:
        raise Unusable(DropCode.ABSENT, _absence(valued.data_absent_reason))
    concept, hint = match.concept, match.hint
    if concept.coded and valued.value_codeable_concept:
        return _meaning(valued.value_codeable_concept, concept)
    if not concept.coded and valued.value_quantity:
        return amount(valued.value_quantity, concept, hint=hint, context=context)
    if not concept.coded and valued.value_string is not None:
        return parsed(valued.value_string, concept, hint=hint, context=context)
    if not concept.coded and valued.value_integer is not None:
        number = Quantity(value=valued.value_integer)
        return amount(number, concept, hint=hint, context=context)
    if _says_anything(valued):
        raise Unusable(DropCode.VALUE_TYPE, "its value is of a type that cannot be used")
    raise Unusable(DropCode.ABSENT, "no value")


def _absence(reason: CodeableConcept) -> str:
    code = first_code(reason)
    return f"no value: {code}" if code in _ABSENT_REASONS else "no value"


def _meaning(answer: CodeableConcept, concept: Concept) -> Amount:
    for coding in answer.coding or ():
        system = system_name(coding.system)
        meaning = system and value_sets.answer(concept.key, system, coding.code or "")
        if meaning:
            return Amount(meaning)
    raise Unusable(DropCode.NO_KNOWN_CODE, "its answer is not a known code")


def _time(observation: Observation, context: Context) -> tuple[When | None, tuple[Note, ...]]:
    """When it was taken or, only if that is not said at all, issued; and what that is worth."""
    times = _effective(observation, context)
    notes: list[Note] = []
    if not times and observation.issued:
        times = [context.when(observation.issued)]
        notes.append(_ISSUED)
    read = max(filter(None, times), key=lambda time: time[0].latest, default=None)
    if read is None:
        return None, ()
    if read[1]:
        notes.append(_ZONE_ASSUMED)
    return read[0], tuple(notes)


def _effective(observation: Observation, context: Context) -> list[tuple[When, bool] | None]:
    if observation.effective_date_time:
        return [context.when(observation.effective_date_time)]
    if observation.effective_instant:
        return [context.when(observation.effective_instant)]
    if observation.effective_period:
        return [context.period(observation.effective_period)]
    timing = observation.effective_timing
    if timing and timing.event:
        return [context.when(event) for event in timing.event]
    if timing and timing.repeat and timing.repeat.bounds_period:
        return [context.period(timing.repeat.bounds_period)]
    return []


def _reported(shared: _Shared, concept: Concept) -> Iterator[Note]:
    """By whom, and how finally, it was reported."""
    if shared.observation.status == "preliminary":
        yield _PRELIMINARY
    if _by_patient(shared) or (concept.key in _BLOOD_PRESSURE and _at_home(shared.observation)):
        yield _SELF_REPORTED


def _by_patient(shared: _Shared) -> bool:
    performers = shared.observation.performer
    if performers is None:
        return False
    each = [performers] if isinstance(performers, Reference) else performers
    return any(shared.context.is_lay(performer) for performer in each)


def _at_home(observation: Observation) -> bool:
    return any("home" in text.casefold().split() for text in _words(observation))


def _words(observation: Observation) -> Iterator[str]:
    for concept in (observation.code, observation.method):
        if concept:
            yield concept.text or ""
            yield from (coding.display or "" for coding in concept.coding or ())
