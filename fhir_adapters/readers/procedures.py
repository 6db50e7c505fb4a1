"""Procedures and devices of the chart, as the conditions that they prove.

A kidney that was transplanted, a heart valve that was replaced or an artery that was opened is
often recorded as a Procedure or a Device alone. What is read of them is a RecordedCondition like
that of a problem list: who asks for a fact does not see where it was recorded. What a code means is
decided by the terminology, as for a Condition; here it is only decided whether it was done.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import TypeAlias

from msgspec.json import Decoder

from fhir_adapters.r4.datatypes import CodeableConcept, Period, Reference
from fhir_adapters.r4.references import resolved
from fhir_adapters.r4.resources import Device, DeviceUsage, DeviceUseStatement, Procedure
from fhir_adapters.r4.unusable import Unusable
from fhir_adapters.readers.conditions import concepts_of, course_of
from fhir_adapters.readers.context import Context
from fhir_adapters.record import (
    DropCode,
    Dropped,
    Note,
    NoteCode,
    RecordedCondition,
    Source,
    Standing,
    When,
)
from fhir_adapters.terminology.codes import first_code

DIALYSIS_COUNTS = timedelta(days=90)
"""How long a dialysis session counts: one of years ago may have been for an acute injury.

Ninety days: what lasts longer is chronic (KDIGO CKD guideline 2024, definition of CKD: more than 3
months; doi:10.1016/j.kint.2023.10.018).
"""

Certainty: TypeAlias = tuple[Standing, tuple[Note, ...]]
"""How a procedure or device counts, and what is to remark on that."""

_DONE = frozenset({"completed", "in-progress"})
_NOT_DONE = frozenset({"preparation", "not-done"})
_MAYBE_DONE = frozenset({"stopped", "aborted", "on-hold", "suspended", "unknown"})
_IN_USE = frozenset({"active", "available"})
_NOT_IN_USE = frozenset(
    {"inactive", "not-available", "intended", "completed", "stopped", "not-done"}
)
_DONE_ASSUMED = Note(NoteCode.STATUS_ASSUMED, "its status is not stated: taken as done")
_USE_ASSUMED = Note(NoteCode.STATUS_ASSUMED, "its status is not stated: taken as in use")
_MAYBE = Note(NoteCode.SUSPECTED, "not known to have been done or to be in use")
_UNDATED = Note(NoteCode.SUSPECTED, "a dialysis without a date")

_device = Decoder(Device)


def recorded_procedure(
    procedure: Procedure, reference: str, context: Context
) -> RecordedCondition | Dropped:
    """Reads a Procedure, with `reference` as its source.

    Dropped are those that are not this patient's, not done, entered in error, and those that prove
    no known condition. One that was stopped, or of which it is unknown, is only SUSPECTED.
    """
    concepts = (procedure.code,) if procedure.code else ()
    try:
        context.check_subject(procedure.subject)
        context.check_use(procedure)
        certainty = _done(procedure)
        read = _proven(concepts, certainty, reference, context)
    except Unusable as refused:
        return _dropped(concepts, refused, reference)
    read = replace(read, onset=_performed(procedure, context))
    return read if procedure.status == "in-progress" else _of_a_session(read)


def recorded_device(
    device: Device, reference: str, context: Context
) -> RecordedCondition | Dropped:
    """Reads a Device in the patient; dropped is one that is not, or no longer, in use."""
    concepts = tuple(_types(device))
    try:
        context.check_subject(device.patient)
        context.check_use(device)
        return _proven(concepts, _in_use(device.status), reference, context)
    except Unusable as refused:
        return _dropped(concepts, refused, reference)


def recorded_device_use(
    use: DeviceUseStatement | DeviceUsage, reference: str, context: Context
) -> RecordedCondition | Dropped:
    """Reads a statement that a device is used, of the device that it points at."""
    concepts = tuple(_used(use, context))
    try:
        context.check_subject(use.subject or use.patient)
        context.check_use(use)
        read = _proven(concepts, _in_use(use.status), reference, context)
    except Unusable as refused:
        return _dropped(concepts, refused, reference)
    return replace(read, onset=_used_since(use, context))


def _dropped(concepts: Iterable[CodeableConcept], refused: Unusable, reference: str) -> Dropped:
    source = Source(reference, _first_code(concepts))
    return Dropped(source, refused.code, refused.text, key="conditions")


def _done(procedure: Procedure) -> Certainty:
    status = procedure.status or ""
    if status == "entered-in-error":
        raise Unusable(DropCode.STATUS, "its status is entered-in-error")
    if procedure.not_done or procedure.not_performed or status in _NOT_DONE:
        raise Unusable(DropCode.NEGATED, "it was not done")
    if not status:
        return Standing.ACTIVE, (_DONE_ASSUMED,)
    return (Standing.ACTIVE, ()) if status in _DONE else (Standing.SUSPECTED, (_MAYBE,))


def _in_use(status: str | None) -> Certainty:
    if status == "entered-in-error":
        raise Unusable(DropCode.STATUS, "its status is entered-in-error")
    if status in _NOT_IN_USE:
        raise Unusable(DropCode.NEGATED, "it is not in use")
    if not status:
        return Standing.ACTIVE, (_USE_ASSUMED,)
    return (Standing.ACTIVE, ()) if status in _IN_USE else (Standing.SUSPECTED, (_MAYBE,))


def _proven(
    concepts: Iterable[CodeableConcept], certainty: Certainty, reference: str, context: Context
) -> RecordedCondition:
    """What the codes prove; raises Unusable where that is no known condition."""
    standing, notes = certainty
    codings = [coding for concept in concepts for coding in concept.coding or ()]
    found = {(each.code or "").strip(): concepts_of(each, context) for each in codings}
    keys = frozenset[str]().union(*found.values())
    if not keys:
        raise Unusable(DropCode.NO_KNOWN_CODE, "no code that is read here")
    if course_of(codings) and standing is Standing.ACTIVE:
        standing = Standing.HISTORY
    source = Source(reference, next(code for code, each in found.items() if each))
    return RecordedCondition(keys, standing, source, notes=notes)


def _of_a_session(read: RecordedCondition) -> RecordedCondition:
    """A dialysis counts for a time after it; of one without a date nobody knows for how long."""
    if "dialysis" not in read.concepts or read.standing is not Standing.ACTIVE:
        return read
    if read.onset is None:
        return replace(read, standing=Standing.SUSPECTED, notes=(_UNDATED,))
    ended = read.onset.latest + DIALYSIS_COUNTS
    return replace(read, abated=When(ended, ended, read.onset.text))


def _performed(procedure: Procedure, context: Context) -> When | None:
    date = procedure.performed_date_time or procedure.occurrence_date_time
    return _when(date, context) or _since(
        procedure.performed_period or procedure.occurrence_period, context
    )


def _used_since(use: DeviceUseStatement | DeviceUsage, context: Context) -> When | None:
    period = use.timing_period
    if isinstance(use, DeviceUsage):
        told = use.timing_date_time or use.date_asserted
    else:
        period = period or use.when_used
        told = use.timing_date_time or use.recorded_on
    return _since(period, context) or _when(told, context)


def _since(period: Period | None, context: Context) -> When | None:
    return _when(period.start or period.end, context) if period else None


def _when(text: str | None, context: Context) -> When | None:
    read = context.when(text) if text else None
    return read[0] if read else None


def _types(device: Device) -> Iterator[CodeableConcept]:
    if isinstance(device.type, CodeableConcept):
        yield device.type
    else:
        yield from device.type or ()


def _used(use: DeviceUseStatement | DeviceUsage, context: Context) -> Iterator[CodeableConcept]:
    """Every concept that says which device it is."""
    pointer: Reference | None
    if isinstance(use, DeviceUsage):
        if use.device and use.device.concept:
            yield use.device.concept
        pointer = use.device.reference if use.device else None
    else:
        pointer = use.device
    text = (pointer and pointer.reference) or ""
    device = resolved(text, context.devices, resources=use.contained, of=_device)
    if device:
        yield from _types(device)


def _first_code(concepts: Iterable[CodeableConcept]) -> str:
    return next(filter(None, map(first_code, concepts)), "")
