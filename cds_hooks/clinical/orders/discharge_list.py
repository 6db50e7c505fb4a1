"""The orders for after a discharge: drugs of the stay that are not among them, and their doses.

Nothing is said to be missing from a list that was not given, that may go on, or of which an entry
is not known.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import chain

from cds_hooks.clinical.actions import offering, suggest
from cds_hooks.clinical.care_gaps import RULES as CARE
from cds_hooks.clinical.orders.checks import Check
from cds_hooks.clinical.orders.doac import apixaban, doac_unknown
from cds_hooks.clinical.orders.drafts import readable
from cds_hooks.clinical.orders.kidney import kidney
from cds_hooks.clinical.orders.meetings import named
from cds_hooks.clinical.orders.mra import mra
from cds_hooks.clinical.orders.rule_table import RULES
from cds_hooks.engine.card_text import detail, label, source
from cds_hooks.engine.finding import Finding
from cds_hooks.engine.patient import Assessed
from cds_hooks.protocol.cards import Card
from fhir_adapters.readers.drafts import NOT_READ
from fhir_adapters.record import Availability, NoteCode, RecordedEncounter, RecordedMedication

CHECKS: tuple[Check, ...] = (kidney, apixaban, doac_unknown, mra)
"""The checks of orders that compare one drug with kidney function and potassium."""

DOSES = tuple(
    key
    for key, rule in RULES.items()
    if rule.check in {"kidney", "apixaban", "doac-unknown", "mra"}
)

LASTING = (
    *dict.fromkeys(rule.missing for rule in CARE.values() if rule.missing),
    "doac",
    "vitamin_k_antagonist",
)
"""Classes that are begun to be taken for long, those that care gaps propose among them: a choice of
this product. A course of an antibiotic is not missed."""

IN_PLACE: Mapping[str, str] = {"doac": "anticoagulant", "vitamin_k_antagonist": "anticoagulant"}
"""The wider class of which any drug takes the place of one, where that is not its own."""

STAY = "hospital_stay"
MOST_NAMED = 4
_NO_CERTAIN_LIST = "This does not say that anything is missing"


def findings(patient: Assessed) -> Iterator[Finding]:
    """What the checks find in the discharge orders, and then what is not among them."""
    orders = patient.record.discharge
    told = chain.from_iterable(check(patient, readable(orders)) for check in CHECKS)
    yield from {each.topic: each for each in told}.values()
    yield from _missing(patient)


def _missing(patient: Assessed) -> Iterator[Finding]:
    begun = tuple(_begun_and_not_listed(patient))
    if not begun:
        return
    names = ", ".join(
        sorted({named(each.name or label(kind)) for kind, each in begun})[:MOST_NAMED]
    )
    if doubt := _doubt(patient):
        summary, said = f"Discharge list not checked for {names}", f"{doubt}. {_NO_CERTAIN_LIST}."
    else:
        summary = f"Ordered in this stay and not on the discharge list: {names}"
        said = f"{_since(begun)}. Continue, replace or stop it on purpose, and write down which."
    card = Card(
        summary=summary,
        indicator="info" if doubt else "warning",
        source=source("CDS Hooks Server", topic="DischargeDrugMissing"),
        detail=detail(said),
    )
    if doubt:
        yield Finding(card, over=0.0)
    else:
        yield Finding(offering(card, suggest("medication-review", patient, reason=summary)))


def _begun_and_not_listed(patient: Assessed) -> Iterator[tuple[str, RecordedMedication]]:
    """The active orders of lasting classes that were written in the stay, by their class."""
    stays = [each for each in patient.fact(STAY).basis if isinstance(each, RecordedEncounter)]
    began = next((each.began for each in stays if patient.recorded(STAY)), None)
    if began is None:
        return
    orders = patient.record.discharge
    listed = {each.reference for each in orders}
    for kind in LASTING:
        wider = IN_PLACE.get(kind, kind)
        if any(wider in each.classes | each.may_be for each in orders):
            continue
        if not patient.recorded(kind):
            continue
        own = [each for each in patient.fact(kind).basis if isinstance(each, RecordedMedication)]
        if all(_of_the_stay(each, began.earliest) for each in own):
            left_out = [each for each in own if each.source.reference not in listed]
            yield from ((kind, each) for each in left_out)


def _of_the_stay(medication: RecordedMedication, began: datetime) -> bool:
    """Whether it was ordered in the stay, and not only as needed."""
    if any(note.code is NoteCode.AS_NEEDED for note in medication.notes):
        return False
    return medication.authored is not None and medication.authored.earliest >= began


def _since(begun: tuple[tuple[str, RecordedMedication], ...]) -> str:
    written = {each.authored.text[:10] for _, each in begun if each.authored}
    return f"Ordered {', '.join(sorted(written))}"


def _doubt(patient: Assessed) -> str:
    """Why it cannot be said what is on the discharge list; "" where it can."""
    orders = patient.record.discharge
    if not orders:
        return "No order for after the discharge was given (category discharge)"
    if patient.record.availability.get("medications") is not Availability.ANSWERED:
        return "The medication list may go on beyond what was given"
    unread = next((each for each in orders if each.unread is not None), None)
    if unread is None or unread.unread is None:
        return ""
    why = NOT_READ.get(unread.unread, "it could not be read")
    return f"On the discharge list, {named(unread.name or unread.reference)}: {why}"
