"""Medication on the patient's list: the drug classes it belongs to, and whether it is taken."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from msgspec.json import Decoder

from fhir_adapters.r4.datatypes import CodeableConcept, Coding, Reference
from fhir_adapters.r4.references import resolved
from fhir_adapters.r4.resources import (
    Medication,
    MedicationOrder,
    MedicationRequest,
    MedicationStatement,
    Prescribed,
)
from fhir_adapters.r4.unusable import Unusable
from fhir_adapters.readers.absence import check_content, check_whole
from fhir_adapters.readers.context import Context
from fhir_adapters.readers.dosage import Instruction, dispense, dose, duration, instructions
from fhir_adapters.readers.drug_use import DOSED, Use, check_words, used
from fhir_adapters.readers.statuses import meaning
from fhir_adapters.readers.unplaced import WHOLE_LIST
from fhir_adapters.record import (
    STOPPED,
    DropCode,
    Dropped,
    Note,
    NoteCode,
    RecordedMedication,
    Source,
    When,
)
from fhir_adapters.terminology import value_sets
from fhir_adapters.terminology.codes import first_code
from fhir_adapters.terminology.systems import system_name

_ORDERS = frozenset({"order", "original-order", "instance-order", "reflex-order", "filler-order"})
_ASSUMED = Note(NoteCode.STATUS_ASSUMED, "its status is not stated: taken as active")
_REPORTED = Note(NoteCode.SELF_REPORTED, "reported, not prescribed here")
_AS_NEEDED = Note(NoteCode.AS_NEEDED, "to be taken as needed")
_BY_NAME = Note(NoteCode.BY_NAME, "recognised by its name, not by a code")

_medication = Decoder(Medication)


def recorded_medication(
    medication: Prescribed, reference: str, context: Context
) -> RecordedMedication | Dropped:
    """Reads an order or statement, with `reference` as its source; no class: not recognised.

    Dropped are those that are not this patient's, not active, no order or not taken, and drugs that
    are recognised but of no class that is asked for. One that may be taken says what it may be.
    """
    drugs = list(drug_concepts(medication, context))
    source = Source(reference, next(filter(None, map(first_code, drugs)), ""))
    given = instructions(medication.dosage_instruction or medication.dosage)
    use, by_name = use_of(medication, drugs, given, context)
    try:
        context.check_subject(medication.subject or medication.patient)
        context.check_use(medication)
        check_whole(medication.meta)
        for drug in drugs:
            check_content(drug)
        _check_wanted(medication)
        _check_taken(medication)
        check_words((*drug_names(drugs), *(each.text for each in given if each.text)))
        if use is not None and not use.classes:
            raise Unusable(DropCode.OTHER_DRUG, "of no class that is asked for")
    except Unusable as refused:
        return Dropped(
            source,
            refused.code,
            refused.text,
            when=_authored(medication, context),
            key="medications",
            may_be=use.classes if use and refused.code not in WHOLE_LIST else None,
        )
    authored = _authored(medication, context)
    return RecordedMedication(
        classes=use.classes if use else frozenset(),
        source=source,
        authored=authored,
        notes=(*_notes(medication, given, context), *by_name, *(use.notes if use else ())),
        may_be=use.may_be if use else frozenset(),
        ends=_ends(medication, given, context),
        supplied_until=_supplied_until(medication, given, authored, context),
        name=next(iter(drug_names(drugs)), ""),
    )


def _check_wanted(medication: Prescribed) -> None:
    if not isinstance(medication, MedicationRequest):
        return
    if medication.do_not_perform:
        raise Unusable(DropCode.NEGATED, "an order not to give it")
    if medication.intent and medication.intent not in _ORDERS:
        raise Unusable(DropCode.NOT_TAKEN, "proposed or planned, not ordered")


def _check_taken(medication: Prescribed) -> None:
    status = medication.status
    means = meaning("medication", status) if status else "taken"
    if means == "entered-in-error":
        raise Unusable(DropCode.STATUS, "its status is entered-in-error")
    if status == "stopped" and medication.status_reason:
        raise Unusable(DropCode.NOT_TAKEN, f"{STOPPED}, with a reason recorded")
    if means == "not-taken":
        raise Unusable(DropCode.NOT_TAKEN, f"its status is {status}")
    if isinstance(medication, MedicationStatement):
        _check_adherence(medication)
    if means == "on-hold":
        raise Unusable(DropCode.ON_HOLD, "its status is on-hold")
    if means != "taken":
        said = "unknown" if means else "not a known one"
        raise Unusable(DropCode.STATUS_UNKNOWN, f"its status is {said}")


def _check_adherence(statement: MedicationStatement) -> None:
    adherence = statement.adherence
    means = meaning("adherence", adherence.code) if adherence else ""
    if statement.was_not_taken or statement.taken == "n" or means == "not-taken":
        raise Unusable(DropCode.NOT_TAKEN, "said not to be taken")
    if means == "on-hold":
        raise Unusable(DropCode.ON_HOLD, "said to be on hold")
    if means == "unknown" or statement.taken == "unk":
        raise Unusable(DropCode.STATUS_UNKNOWN, "whether it is taken is said not to be known")


def _ends(medication: Prescribed, given: Sequence[Instruction], context: Context) -> When | None:
    """When its use ends by what its instructions or its statement say."""
    if isinstance(medication, MedicationStatement) and medication.effective_period:
        end = medication.effective_period.end
        read = context.when(end) if end else None
        return read[0] if read else None
    ends = [
        read[0]
        for each in given
        if (repeat := each.timing and each.timing.repeat)
        and repeat.bounds_period
        and repeat.bounds_period.end
        and (read := context.when(repeat.bounds_period.end))
    ]
    return max(ends, default=None)


def _supplied_until(
    medication: Prescribed, given: Sequence[Instruction], authored: When | None, context: Context
) -> datetime | None:
    """How long what was ordered lasts: all repeats, and once more, because refills come late."""
    handed_out = dispense(medication.dispense_request)
    until: list[datetime] = []
    if (valid := handed_out.validity_period) and valid.end:
        read = context.when(valid.end)
        until += [read[0].latest] if read else []
    supply = duration(handed_out.expected_supply_duration)
    if supply and authored:
        times = 1 + max(0, handed_out.number_of_repeats_allowed or 0)
        until.append(authored.latest + supply * (times + 1))
    bounds = [
        lasting
        for each in given
        if (repeat := each.timing and each.timing.repeat)
        and (lasting := duration(repeat.bounds_duration))
    ]
    if bounds and authored:
        until.append(authored.latest + max(bounds))
    return min(until, default=None)


def _notes(
    medication: Prescribed, given: Sequence[Instruction], context: Context
) -> Iterator[Note]:
    if not medication.status:
        yield _ASSUMED
    if _reported(medication, context):
        yield _REPORTED
    if any(map(_as_needed, given)):
        yield _AS_NEEDED


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


def drug_concepts(medication: Prescribed, context: Context) -> Iterator[CodeableConcept]:
    """Every concept that says which drug it is, the name on a reference last."""
    if medication.medication_codeable_concept:
        yield medication.medication_codeable_concept
    either = medication.medication
    if either and either.concept:
        yield either.concept
    if drug := _pointed_at(medication, context):
        yield from _substances(drug)
    pointer = _pointer(medication)
    if pointer and pointer.display:
        yield CodeableConcept(text=pointer.display)


def _pointer(medication: Prescribed) -> Reference | None:
    either = medication.medication
    return medication.medication_reference or (either.reference if either else None)


def _pointed_at(medication: Prescribed, context: Context) -> Medication | None:
    pointer = _pointer(medication)
    if pointer is None:
        return None
    return resolved(
        pointer.reference or "",
        context.medications,
        resources=medication.contained,
        of=_medication,
    )


def _substances(drug: Medication) -> Iterator[CodeableConcept]:
    if drug.code:
        yield drug.code
    for ingredient in drug.ingredient or ():
        if ingredient.item_codeable_concept:
            yield ingredient.item_codeable_concept
        if ingredient.item and ingredient.item.concept:
            yield ingredient.item.concept


def drug_names(drugs: Iterable[CodeableConcept]) -> list[str]:
    """Every text and display of these concepts, in their order."""
    names: list[str] = []
    for drug in drugs:
        if drug.text:
            names.append(drug.text)
        if drug.coding:
            names += [coding.display for coding in drug.coding if coding.display]
    return names


def _as_needed(instruction: Instruction) -> bool:
    each = instruction
    return bool(each.as_needed_boolean or each.as_needed or each.as_needed_codeable_concept)


def use_of(
    medication: Prescribed,
    drugs: list[CodeableConcept],
    given: Sequence[Instruction],
    context: Context,
) -> tuple[Use | None, tuple[Note, ...]]:
    """What it is used as, and how it was recognised; None if it was not."""
    classes, by_name = _classes(drugs, context)
    if not classes:
        return (None if classes is None else Use(classes)), by_name
    routes = [each.route for each in given if each.route]
    names = [*drug_names(drugs), *drug_names(_forms(medication, context)), *drug_names(routes)]
    use = used(
        classes,
        names,
        instructions=[each.text for each in given if each.text],
        routes=routes,
        dose=dose(given, names) if classes & DOSED else None,
        as_needed=any(map(_as_needed, given)),
    )
    return use, by_name


def _forms(medication: Prescribed, context: Context) -> list[CodeableConcept]:
    drug = _pointed_at(medication, context)
    return [form for form in (drug.form, drug.dose_form) if form] if drug else []


def _classes(
    drugs: Iterable[CodeableConcept], context: Context
) -> tuple[frozenset[str] | None, tuple[Note, ...]]:
    """The classes by any code, else by name; None if the drug is not recognised."""
    drugs = list(drugs)
    codings = [coding for drug in drugs for coding in drug.coding or ()]
    coded = _known(_classes_of(coding, context) for coding in codings)
    if coded is not None:
        return coded, ()
    names = [*(drug.text for drug in drugs), *(coding.display for coding in codings)]
    named = _known(value_sets.medication_classes_named(name) for name in names if name)
    return named, () if named is None else (_BY_NAME,)


def _known(found: Iterable[frozenset[str] | None]) -> frozenset[str] | None:
    """The classes of all that are known; None if none is."""
    known = [classes for classes in found if classes is not None]
    return frozenset[str]().union(*known) if known else None


def _classes_of(coding: Coding, context: Context) -> frozenset[str] | None:
    code, system = (coding.code or "").strip(), system_name(coding.system)
    local = context.site.medication_codes.get((coding.system or "", code))
    if local:
        return frozenset({local})
    return value_sets.medication_classes_by(system, code) if system and code else None
