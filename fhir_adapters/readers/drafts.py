"""Orders that are being written: the drug and its regimen, or the test that is asked for."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TypeAlias

from msgspec import DecodeError, Raw
from msgspec.json import Decoder

from fhir_adapters.r4.datatypes import CodeableConcept, Part, Reference, Resource
from fhir_adapters.r4.resources import Medication, MedicationOrder, MedicationRequest
from fhir_adapters.r4.unusable import Unusable
from fhir_adapters.readers.context import Context
from fhir_adapters.readers.dosage import instructions
from fhir_adapters.readers.medications import drug_concepts, drug_names, use_of
from fhir_adapters.readers.regimens import regimen
from fhir_adapters.record import DraftOrder, DropCode
from fhir_adapters.terminology.codes import first_code
from fhir_adapters.terminology.ingredients import ingredients

_DISCHARGE = "discharge"
"""The code of FHIR's MedicationRequest categories for what is taken after a hospital stay."""
_OVER = frozenset({"cancelled", "completed", "entered-in-error", "ended", "revoked", "stopped"})


class ServiceRequest(Resource, tag_field="resourceType", tag="ServiceRequest"):
    """A request for a test, a procedure or a referral, as far as it says for which."""

    status: str | None = None
    do_not_perform: bool | None = None
    code: CodeableConcept | None = None
    subject: Reference | None = None


Order: TypeAlias = MedicationRequest | MedicationOrder | ServiceRequest


class _Head(Part):
    resource_type: str = "Resource"
    id: str | None = None


class _Entry(Part):
    resource: Raw = Raw(b"null")
    full_url: str | None = None


_entry, _head = Decoder(_Entry), Decoder(_Head)
_medication = Decoder(Medication)
_order = Decoder(Order)
_UNREADABLE = DraftOrder("An entry", unread=DropCode.MALFORMED)
_ORDERS = frozenset({"MedicationRequest", "MedicationOrder", "ServiceRequest"})


def draft_orders(entries: Iterable[Raw], context: Context) -> tuple[DraftOrder, ...]:
    """Reads the entries of a Bundle of draft orders, in their order; `context` is the chart's.

    Left out are orders that were called off, orders not to do something, and entries of a type that
    is no order of a drug or a test. An entry that holds no resource stands last, as unread.
    """
    every = [_held(entry) for entry in entries]
    held = [each for each in every if each]
    drugs = dict(_medications(held))
    context = replace(context, medications={**context.medications, **drugs}) if drugs else context
    read = ((entry, _read(entry.resource, head, context)) for entry, head in held)
    orders = (replace(each, full_url=entry.full_url or "") for entry, each in read if each)
    return (*orders, *(_UNREADABLE for each in every if each is None))


def _held(raw: Raw) -> tuple[_Entry, _Head] | None:
    """An entry and what it holds; None where it holds no resource."""
    try:
        entry = _entry.decode(raw)
        return entry, _head.decode(entry.resource)
    except (DecodeError, RecursionError):
        return None


def _medications(held: Iterable[tuple[_Entry, _Head]]) -> Iterator[tuple[str, Medication]]:
    """The drugs that stand in the Bundle for orders to point at, by whatever they are called."""
    for entry, head in held:
        if head.resource_type != "Medication":
            continue
        try:
            drug = _medication.decode(entry.resource)
        except (DecodeError, RecursionError):
            continue
        yield f"Medication/{head.id or ''}", drug
        yield entry.full_url or "", drug


def _read(resource: Raw, head: _Head, context: Context) -> DraftOrder | None:
    if head.resource_type not in _ORDERS:
        return None
    draft = DraftOrder(f"{head.resource_type}/{head.id or ''}", content=bytes(resource))
    try:
        order: Order = _order.decode(resource)
    except (DecodeError, RecursionError):
        return replace(draft, unread=DropCode.MALFORMED)
    if order.status in _OVER or getattr(order, "do_not_perform", False):
        return None
    if refused := _refused(order, context):
        return replace(draft, unread=refused)
    if isinstance(order, ServiceRequest):
        match = context.match(order.code)
        return replace(draft, concept=match.concept.key if match else "", name=_name(order.code))
    return _drug(draft, order, context)


def _refused(order: Order, context: Context) -> DropCode | None:
    """Why it may not be used; one that does not say whose it is belongs to the call's patient."""
    subject = order.subject or getattr(order, "patient", None)
    try:
        if subject and subject.reference:
            context.check_subject(subject)
        context.check_use(order)
    except Unusable as refused:
        return refused.code
    return None


def _drug(
    draft: DraftOrder, order: MedicationRequest | MedicationOrder, context: Context
) -> DraftOrder:
    drugs = list(drug_concepts(order, context))
    names = drug_names(drugs)
    given = instructions(order.dosage_instruction)
    use, _ = use_of(order, drugs, given, context)
    name = next(iter(names), "")
    code = next(filter(None, map(first_code, drugs)), "")
    draft = replace(
        draft,
        name=name,
        code=code,
        ingredients=ingredients(name, code),
        regimen=regimen(given, names),
    )
    if use is None:
        known = any(coding.code for drug in drugs for coding in drug.coding or ()) or names
        return replace(draft, unread=DropCode.NO_KNOWN_CODE if known else DropCode.NO_CODE)
    return replace(draft, classes=use.classes, may_be=use.may_be)


def discharge_orders(
    orders: Iterable[tuple[MedicationRequest, str]], context: Context
) -> tuple[DraftOrder, ...]:
    """The orders, each with its reference, that are for after the discharge and not called off."""
    meant = [
        (order, reference)
        for order, reference in orders
        if _is_for_discharge(order) and order.status not in _OVER and not order.do_not_perform
    ]
    return tuple(_listed(order, DraftOrder(reference), context) for order, reference in meant)


def _is_for_discharge(order: MedicationRequest) -> bool:
    said = order.category or ()
    concepts = said if isinstance(said, list | tuple) else (said,)
    return any(coding.code == _DISCHARGE for each in concepts for coding in each.coding or ())


def _listed(order: MedicationRequest, draft: DraftOrder, context: Context) -> DraftOrder:
    refused = _refused(order, context)
    return replace(draft, unread=refused) if refused else _drug(draft, order, context)


def _name(code: CodeableConcept | None) -> str:
    return next(iter(drug_names([code])), "") if code else ""


NOT_READ: Mapping[DropCode, str] = {
    DropCode.WRONG_PATIENT: "it belongs to another patient",
    DropCode.NOT_THE_PATIENT: "it is not about a patient",
    DropCode.MODIFIER: "an unknown extension changes its meaning",
    DropCode.IMPLICIT_RULES: "it follows rules that are not known here",
    DropCode.MALFORMED: "it is not readable as FHIR",
    DropCode.NO_CODE: "it names no drug",
    DropCode.NO_KNOWN_CODE: "its drug is not known here",
}
"""What `DraftOrder.unread` says to a person."""
