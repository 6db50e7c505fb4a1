"""Medication on the patient's list: the drug classes it belongs to, and whether it is taken."""

from collections.abc import Iterable, Iterator

from msgspec.json import Decoder

from fhir_adapters.r4.references import resolved
from fhir_adapters.r4.resources import (
    CodeableConcept,
    Coding,
    Medication,
    MedicationOrder,
    MedicationRequest,
    MedicationStatement,
    Prescribed,
    Reference,
)
from fhir_adapters.r4.unusable import Unusable
from fhir_adapters.readers.context import Context
from fhir_adapters.record import DropCode, Dropped, Note, NoteCode, RecordedMedication, Source, When
from fhir_adapters.terminology import value_sets
from fhir_adapters.terminology.codes import first_code
from fhir_adapters.terminology.systems import system_name

_CURRENT = frozenset({"active", "recorded"})
_NOT_CURRENT = frozenset(
    {
        "cancelled",
        "completed",
        "draft",
        "ended",
        "intended",
        "not-taken",
        "on-hold",
        "stopped",
        "unknown",
    }
)
_ORDERS = frozenset({"order", "original-order", "instance-order", "reflex-order", "filler-order"})
_NOT_ADHERENT = ("not-taking", "on-hold", "stopped")
_ASSUMED = Note(NoteCode.STATUS_ASSUMED, "its status is not stated: taken as active")
_REPORTED = Note(NoteCode.SELF_REPORTED, "reported, not prescribed here")
_BY_NAME = Note(NoteCode.BY_NAME, "recognised by its name, not by a code")

_medication = Decoder(Medication)


def recorded_medication(
    medication: Prescribed, reference: str, context: Context
) -> RecordedMedication | Dropped:
    """Reads an order or statement, with `reference` as its source; no class: not recognised.

    Dropped are those that are not this patient's, not active, no order or not taken, and drugs that
    are recognised but of no class that is asked for.
    """
    drugs = list(_drugs(medication, context))
    source = Source(reference, next(filter(None, map(first_code, drugs)), ""))
    try:
        context.check_subject(medication.subject or medication.patient)
        context.check_use(medication)
        _check_wanted(medication)
        _check_taken(medication)
        classes, by_name = _classes(drugs, context)
    except Unusable as refused:
        return Dropped(source, refused.code, refused.text)
    notes = (*_notes(medication, context), *by_name)
    return RecordedMedication(classes, source, _authored(medication, context), notes)


def _check_wanted(medication: Prescribed) -> None:
    if not isinstance(medication, MedicationRequest):
        return
    if medication.do_not_perform:
        raise Unusable(DropCode.NEGATED, "an order not to give it")
    if medication.intent and medication.intent not in _ORDERS:
        raise Unusable(DropCode.NOT_TAKEN, "proposed or planned, not ordered")


def _check_taken(medication: Prescribed) -> None:
    status = medication.status
    if status == "entered-in-error":
        raise Unusable(DropCode.STATUS, "its status is entered-in-error")
    if status and status not in _CURRENT:
        said = status if status in _NOT_CURRENT else "not a known one"
        raise Unusable(DropCode.NOT_TAKEN, f"its status is {said}")
    if isinstance(medication, MedicationStatement) and _denied(medication):
        raise Unusable(DropCode.NOT_TAKEN, "said not to be taken")


def _denied(statement: MedicationStatement) -> bool:
    adherence = first_code(statement.adherence.code) if statement.adherence else ""
    return (
        bool(statement.was_not_taken)
        or statement.taken == "n"
        or adherence.startswith(_NOT_ADHERENT)
    )


def _notes(medication: Prescribed, context: Context) -> Iterator[Note]:
    if not medication.status:
        yield _ASSUMED
    if _reported(medication, context):
        yield _REPORTED


def _reported(medication: Prescribed, context: Context) -> bool:
    if isinstance(medication, MedicationRequest):
        return bool(
            medication.reported_boolean or medication.reported or medication.reported_reference
        )
    if isinstance(medication, MedicationStatement):
        sources = medication.information_source or []
        each = [sources] if isinstance(sources, Reference) else sources
        return any(map(context.is_lay, each))
    return False


def _authored(medication: Prescribed, context: Context) -> When | None:
    read = None
    if isinstance(medication, MedicationRequest) and medication.authored_on:
        read = context.when(medication.authored_on)
    if isinstance(medication, MedicationOrder) and medication.date_written:
        read = context.when(medication.date_written)
    if isinstance(medication, MedicationStatement):
        read = _stated(medication, context)
    return read[0] if read else None


def _stated(statement: MedicationStatement, context: Context) -> tuple[When, bool] | None:
    if statement.date_asserted:
        return context.when(statement.date_asserted)
    if statement.effective_period:
        return context.period(statement.effective_period)
    return context.when(statement.effective_date_time) if statement.effective_date_time else None


def _drugs(medication: Prescribed, context: Context) -> Iterator[CodeableConcept]:
    """Every concept that says which drug it is, the name on a reference last."""
    if medication.medication_codeable_concept:
        yield medication.medication_codeable_concept
    either = medication.medication
    if either and either.concept:
        yield either.concept
    pointer = medication.medication_reference or (either.reference if either else None)
    if pointer is None:
        return
    drug = resolved(
        pointer.reference or "",
        context.medications,
        resources=medication.contained,
        of=_medication,
    )
    if drug:
        yield from _substances(drug)
    if pointer.display:
        yield CodeableConcept(text=pointer.display)


def _substances(drug: Medication) -> Iterator[CodeableConcept]:
    if drug.code:
        yield drug.code
    for ingredient in drug.ingredient or ():
        if ingredient.item_codeable_concept:
            yield ingredient.item_codeable_concept
        if ingredient.item and ingredient.item.concept:
            yield ingredient.item.concept


def _classes(
    drugs: Iterable[CodeableConcept], context: Context
) -> tuple[frozenset[str], tuple[Note, ...]]:
    """The classes by any code, else by name; none if the drug is not recognised."""
    drugs = list(drugs)
    codings = [coding for drug in drugs for coding in drug.coding or ()]
    coded = _known(_classes_of(coding, context) for coding in codings)
    if coded is not None:
        return _asked_for(coded), ()
    names = [*(drug.text for drug in drugs), *(coding.display for coding in codings)]
    named = _known(value_sets.medication_classes_named(name) for name in names if name)
    return (frozenset(), ()) if named is None else (_asked_for(named), (_BY_NAME,))


def _known(found: Iterable[frozenset[str] | None]) -> frozenset[str] | None:
    """The classes of all that are known; None if none is."""
    known = [classes for classes in found if classes is not None]
    return frozenset[str]().union(*known) if known else None


def _asked_for(classes: frozenset[str]) -> frozenset[str]:
    if not classes:
        raise Unusable(DropCode.OTHER_DRUG, "of no class that is asked for")
    return classes


def _classes_of(coding: Coding, context: Context) -> frozenset[str] | None:
    code, system = (coding.code or "").strip(), system_name(coding.system)
    local = context.site.medication_codes.get((coding.system or "", code))
    if local:
        return frozenset({local})
    return value_sets.medication_classes_by(system, code) if system and code else None
