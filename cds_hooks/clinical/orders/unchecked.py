"""What was not checked: drafts and listed drugs that are not known, lists that were not given."""

from collections.abc import Iterator

from cds_hooks.clinical.orders.drafts import selected
from cds_hooks.clinical.orders.meetings import named
from cds_hooks.clinical.orders.order_cards import topic
from cds_hooks.clinical.orders.rule_table import in_force
from cds_hooks.engine.card_text import detail, source
from cds_hooks.engine.finding import Finding
from cds_hooks.engine.patient import Assessed
from cds_hooks.protocol.cards import Card
from fhir_adapters.facts.facts import unrecognised
from fhir_adapters.readers.drafts import NOT_READ
from fhir_adapters.record import Availability, DraftOrder, DropCode, NoteCode

LISTS = {
    "medications": "The medication list",
    "allergies": "The list of allergies",
    "conditions": "The problem list",
}
MOST_NAMED = 4


def unchecked(patient: Assessed, drafts: tuple[DraftOrder, ...]) -> Iterator[Finding]:
    """One card that names each selected draft that was not checked, and each list that is open.

    A listed drug that is not known is named where a draft must not meet some drugs at all.

    A draft of another patient is a warning: it was not used for anything.
    """
    unread = [each for each in selected(drafts) if each.unread is not None]
    foreign = any(each.unread is DropCode.WRONG_PATIENT for each in unread)
    lists = [*_lists(patient), *_unknown_drugs(patient, drafts)] if selected(drafts) else []
    if not unread and not lists:
        return
    told = (*map(_said, unread[:MOST_NAMED]), *lists)
    whose = "Check the patient of a draft order: it belongs to another patient"
    card = Card(
        summary=whose if foreign else f"Not checked: {_counted(unread, lists)}",
        indicator="warning" if foreign else "info",
        source=source("CDS Hooks Server", topic=topic("Unchecked", told)),
        detail=detail("; ".join(told) + "."),
    )
    yield Finding(card, over=0.0)


def _counted(unread: list[DraftOrder], lists: list[str]) -> str:
    orders = "1 draft order" if len(unread) == 1 else f"{len(unread)} draft orders"
    return " and ".join(
        [*([orders] if unread else []), *(["drugs against the chart"] if lists else [])]
    )


def _said(draft: DraftOrder) -> str:
    name = named(draft.name or draft.reference)
    why = NOT_READ.get(draft.unread, "it could not be read") if draft.unread else ""
    return f"{name}: {why}, so it was not used"


def _unknown_drugs(patient: Assessed, drafts: tuple[DraftOrder, ...]) -> Iterator[str]:
    """The active drugs that no table knows, which may be what a draft must not meet."""
    rules = [each for each in in_force("pair", patient) if each.indicator == "critical"]
    dangerous = {name for each in rules for name in (*each.drugs, *each.beside)}
    names = [each.name for each in unrecognised(patient.record) if each.name]
    if names and any(dangerous & each.classes for each in selected(drafts)):
        listed = ", ".join(map(named, names[:MOST_NAMED]))
        more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
        yield f"On the medication list, and not known here: {listed}{more}"


def _lists(patient: Assessed) -> Iterator[str]:
    """The lists of the chart that were not given whole."""
    for key, name in LISTS.items():
        state = patient.record.availability.get(key, Availability.ABSENT)
        if state is Availability.TRUNCATED:
            yield f"{name} may go on beyond what was given"
        elif state is not Availability.ANSWERED:
            yield f"{name} was not given"
    for note in patient.fact("allergies").notes:
        if note.code is NoteCode.MAY_BE_RECORDED:
            yield f"{note.text[:1].upper()}{note.text[1:]}"
