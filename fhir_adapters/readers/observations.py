"""Observations made into measurements, or into the reasons why they are not used."""

from collections.abc import Iterator
from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from fhir_adapters.r4.datatypes import CodeableConcept, Quantity, Reference
from fhir_adapters.r4.resources import Observation, Valued
from fhir_adapters.r4.unusable import Unusable
from fhir_adapters.readers.context import Context
from fhir_adapters.readers.flags import WITHOUT_NUMBER, flagged
from fhir_adapters.readers.genomics import GROUP as GENOMIC
from fhir_adapters.readers.genomics import genomic_answer, genomic_parts
from fhir_adapters.readers.haemolysis import is_haemolysed, may_be_said
from fhir_adapters.readers.ordinary import BLOOD_PRESSURE, ordinary
from fhir_adapters.readers.quantities import Amount, amount, parsed
from fhir_adapters.readers.reference_limit import STATED, upper_limit
from fhir_adapters.readers.specimens import check_specimen, specimen_of
from fhir_adapters.readers.statuses import spelled
from fhir_adapters.readers.written_pressure import written_pressure
from fhir_adapters.record import DropCode, Dropped, Measurement, Note, NoteCode, Source, When
from fhir_adapters.terminology import value_sets
from fhir_adapters.terminology.codes import Match, first_code
from fhir_adapters.terminology.systems import system_name
from fhir_adapters.terminology.value_sets import Concept

Part: TypeAlias = tuple[Valued, Match]
"""An Observation or a component of it, and what its code says it is of."""

_USABLE = frozenset({"final", "amended", "corrected", "preliminary"})
PENDING = "its status is registered"
"""With this text an Observation is Dropped that has no result yet."""
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
_PRELIMINARY = Note(NoteCode.PRELIMINARY, "preliminary result")
_SELF_REPORTED = Note(NoteCode.SELF_REPORTED, "reported by the patient or measured at home")
_HAEMOLYSED = Note(NoteCode.HAEMOLYSED, "haemolysed specimen: to be repeated")
_PARSED = Note(NoteCode.PARSED, "read from text")
_ISSUED = Note(NoteCode.ISSUED, "dated by its report, not by when it was taken")
_ZONE_ASSUMED = Note(NoteCode.ZONE_ASSUMED, "time without an offset: the site's time zone assumed")


class _Shared(Struct, frozen=True, gc=False):
    """What all values of one Observation have in common; `when` is None where it cannot be told."""

    observation: Observation
    reference: str
    context: Context
    when: When | None
    notes: tuple[Note, ...]


def measurements(
    observation: Observation, reference: str, context: Context
) -> list[Measurement | Dropped]:
    """Reads every value of a known concept in an Observation and its components.

    Gives a Measurement or Dropped for each, with `reference` as its source; or one Dropped for an
    Observation that is not this patient's or has no known concept. Of one that does not say whose
    it is each value is Dropped.
    """
    try:
        context.check_subject(observation.subject)
    except Unusable as refused:
        dropped = Dropped(Source(reference), refused.code, refused.text)
        nobodys = refused.code is DropCode.NO_SUBJECT
        return _of_nobody(observation, context, dropped) if nobodys else [dropped]
    return _read(observation, reference, context)


def _of_nobody(
    observation: Observation, context: Context, dropped: Dropped
) -> list[Measurement | Dropped]:
    """The values of an Observation that does not say whose it is, none of them to be used."""
    values = (
        replace(dropped, source=e.source, concept=e.concept, when=e.when, value=float(e.value))
        for e in _read(observation, dropped.source.reference, context)
        if isinstance(e, Measurement) and not isinstance(e.value, str) and not e.bound
    )
    return [*values] or [dropped]


def _read(
    observation: Observation, reference: str, context: Context
) -> list[Measurement | Dropped]:
    try:
        if result := ordinary(observation, reference, context):
            return [result]
        _check_focus(observation)
    except Unusable as refused:
        return [Dropped(Source(reference), refused.code, refused.text)]
    parts = _parts(observation, context)
    if not parts:
        return _unknown(observation, reference)
    when, notes = _time(observation, context)
    notes += _reported(observation, context)
    shared = _Shared(observation, reference, context, when, notes)
    return [_measurement(valued, match, shared) for valued, match in parts]


def _check_focus(observation: Observation) -> None:
    if observation.focus:  # a fetus, a device, a donor
        raise Unusable(DropCode.NOT_THE_PATIENT, "it is not about the patient")


def _parts(observation: Observation, context: Context) -> list[Part]:
    parts: list[Part] = []
    own = context.match(observation.code)
    if own and (not observation.component or _says_anything(observation)):
        parts.append((observation, own))
    for component in observation.component or ():
        if match := context.match(component.code):
            parts.append((component, match))
    return parts or [*genomic_parts(observation)] or [*written_pressure(observation, context)]


def _says_anything(part: Valued) -> bool:
    return any(getattr(part, name) is not None for name in _VALUES)


def _unknown(observation: Observation, reference: str) -> list[Measurement | Dropped]:
    """What is left to say of an Observation that is of nothing known: nothing, if a mere panel.

    A panel only groups others; the value of one that carries a value itself is not read.
    """
    source = Source(reference, first_code(observation.code))
    for coding in (observation.code and observation.code.coding) or ():
        system = system_name(coding.system)
        if system and value_sets.is_panel(system, coding.code or ""):
            return _of_panel(observation, source)
    return [Dropped(source, DropCode.NO_KNOWN_CODE, "no code that is read here")]


def _of_panel(observation: Observation, source: Source) -> list[Measurement | Dropped]:
    if observation.value_string is not None:
        return [Dropped(source, DropCode.UNREADABLE_TEXT, "its text is not a blood pressure")]
    if _says_anything(observation) and observation.data_absent_reason is None:
        return [Dropped(source, DropCode.VALUE_TYPE, "the value of a panel cannot be used")]
    return []


def _measurement(valued: Valued, match: Match, shared: _Shared) -> Measurement | Dropped:
    concept, when = match.concept, shared.when
    source = Source(shared.reference, match.code)
    try:
        _check_usable(shared, valued, concept)
        read = _value(valued, match, shared.context)
        if when is None:
            known = None if isinstance(read.value, str) or read.bound else float(read.value)
            raise Unusable(DropCode.NO_TIME, "it does not say when", known)
    except Unusable as refused:
        return _dropped(refused, source, valued, concept, shared)
    return Measurement(
        concept=concept.key,
        value=read.value,
        unit=concept.unit,
        when=when,
        source=source,
        bound=read.bound,
        original=read.original,
        notes=shared.notes + match.notes + _remarks(shared, concept) + read.notes,
        corrected=spelled(shared.observation.status) in ("amended", "corrected"),
        upper=_upper(shared, concept),
    )


def _dropped(
    refused: Unusable, source: Source, valued: Valued, concept: Concept, shared: _Shared
) -> Dropped:
    value, number, flag = refused.value, refused.number, ""
    if refused.code in WITHOUT_NUMBER and number is None:
        flag, value = flagged(shared.observation, valued, concept)
    return Dropped(
        source,
        refused.code,
        refused.text,
        concept.key,
        shared.when,
        value,
        number,
        flag=flag,
    )


def _upper(shared: _Shared, concept: Concept) -> float | None:
    if concept.key not in STATED:
        return None
    return upper_limit(shared.observation, concept, shared.context)


def _remarks(shared: _Shared, concept: Concept) -> tuple[Note, ...]:
    """What is said of the one result in words: where it was measured, and of which specimen."""
    observation = shared.observation
    if concept.group != "lab" or not (observation.specimen or may_be_said(observation)):
        return _at_home(shared, concept)
    specimen = specimen_of(observation, shared.context)
    return (_HAEMOLYSED,) if is_haemolysed(observation, specimen) else ()


def _check_usable(shared: _Shared, valued: Valued, concept: Concept) -> None:
    observation = shared.observation
    shared.context.check_use(observation)
    if valued.modifier_extension:
        raise Unusable(DropCode.MODIFIER, "an unknown extension changes its meaning")
    status = spelled(observation.status)
    if status not in _USABLE:
        said = status if status in _NOT_RESULTS else "not a known one"
        raise Unusable(DropCode.STATUS, f"its status is {said}")
    if observation.specimen:
        check_specimen(observation, concept, shared.context)


def _value(valued: Valued, match: Match, context: Context) -> Amount:
    if valued.data_absent_reason:
        raise Unusable(DropCode.ABSENT, _absence(valued.data_absent_reason))
    if match.concept.group == GENOMIC and _says_anything(valued):
        return genomic_answer(valued, match.concept)
    if match.concept.coded:
        if valued.value_codeable_concept:
            return _meaning(valued.value_codeable_concept, match.concept)
        if answer := _in_words(match.concept, valued.value_string):
            return answer
    elif (number := _number(valued)) is not None:
        return amount(number, match.concept, hint=match.hint, context=context, own=match.own)
    elif valued.value_string is not None:
        text = valued.value_string
        return parsed(text, match.concept, hint=match.hint, context=context, own=match.own)
    elif valued.value_codeable_concept and match.concept.unit == "{score}":
        points = _meaning(valued.value_codeable_concept, match.concept)
        return amount(
            Quantity(value=float(points.value)), match.concept, hint=None, context=context
        )
    if _says_anything(valued):
        raise Unusable(DropCode.VALUE_TYPE, "its value is of a type that cannot be used")
    raise Unusable(DropCode.ABSENT, "no value")


def _number(valued: Valued) -> Quantity | None:
    if valued.value_integer is not None:
        return Quantity(value=valued.value_integer)
    return valued.value_quantity


def _absence(reason: CodeableConcept) -> str:
    code = first_code(reason)
    return f"no value: {code}" if code in _ABSENT_REASONS else "no value"


def _meaning(answer: CodeableConcept, concept: Concept) -> Amount:
    """The meaning of an answer by its codes or, where none is known, by its words."""
    codings = answer.coding or ()
    for coding in codings:
        system = system_name(coding.system)
        meaning = system and value_sets.answer(concept.key, system, coding.code or "")
        if meaning:
            return Amount(meaning)
    for words in (answer.text, *(coding.display for coding in codings)):
        if told := _in_words(concept, words):
            return told
    raise Unusable(DropCode.NO_KNOWN_CODE, "its answer is not a known code")


def _in_words(concept: Concept, words: str | None) -> Amount | None:
    meaning = value_sets.answer_in_words(concept.key, words or "")
    return Amount(meaning, notes=(_PARSED,)) if meaning else None


def _time(observation: Observation, context: Context) -> tuple[When | None, tuple[Note, ...]]:
    """When it was taken or, only if that is not said at all, issued; and what that is worth."""
    notes: tuple[Note, ...] = ()
    if observation.effective_date_time:
        read = context.when(observation.effective_date_time)
    elif times := _other_effective(observation, context):
        read = max(filter(None, times), key=lambda time: time[0].latest, default=None)
    else:
        notes += (_ISSUED,)
        read = context.when(observation.issued) if observation.issued else None
    if read is None:
        return None, ()
    when, assumed = read
    return when, (*notes, _ZONE_ASSUMED) if assumed else notes


def _other_effective(observation: Observation, context: Context) -> list[tuple[When, bool] | None]:
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


def _reported(observation: Observation, context: Context) -> tuple[Note, ...]:
    """How finally it was reported, and whether by the patient."""
    notes: tuple[Note, ...] = ()
    if spelled(observation.status) == "preliminary":
        notes += (_PRELIMINARY,)
    performers = observation.performer or ()
    if any(map(context.is_lay, [performers] if isinstance(performers, Reference) else performers)):
        notes += (_SELF_REPORTED,)
    return notes


def _at_home(shared: _Shared, concept: Concept) -> tuple[Note, ...]:
    """That a blood pressure was measured at home, where its code or method says so in words."""
    if concept.key not in BLOOD_PRESSURE or _SELF_REPORTED in shared.notes:
        return ()
    at_home = any(map(_says_home, _words(shared.observation)))
    return (_SELF_REPORTED,) if at_home else ()


def _says_home(text: str) -> bool:
    folded = text.casefold()
    return "home" in folded and "home" in folded.split()


def _words(observation: Observation) -> Iterator[str]:
    for concept in (observation.code, observation.method):
        if concept:
            yield concept.text or ""
            yield from (coding.display or "" for coding in concept.coding or ())
