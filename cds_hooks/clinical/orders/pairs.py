"""Two drugs that must not meet: a draft with a drug of the chart, or with another draft."""

from collections.abc import Iterator

from cds_hooks.clinical.orders.drafts import of_classes
from cds_hooks.clinical.orders.order_cards import named, order_finding
from cds_hooks.clinical.orders.rule_table import in_force
from cds_hooks.engine.card_text import label
from cds_hooks.engine.finding import Finding
from cds_hooks.engine.patient import Assessed
from fhir_adapters.record import DraftOrder, RecordedMedication

CHECK = "pair"


def pairs(patient: Assessed, drafts: tuple[DraftOrder, ...]) -> Iterator[Finding]:
    """The pairs in which a selected draft takes part, on either side of the rule; each once."""
    for rule in in_force(CHECK, patient):
        if any(map(patient.recorded, rule.unless)):
            continue
        found = _met(patient, drafts, rule.drugs, rule.beside) or _met(
            patient, drafts, rule.beside, rule.drugs
        )
        if found:
            draft, other, reason = found
            yield order_finding(patient, rule, draft, other=other, reasons=(reason,))


def _met(
    patient: Assessed,
    drafts: tuple[DraftOrder, ...],
    drugs: tuple[str, ...],
    others: tuple[str, ...],
) -> tuple[DraftOrder, str, str] | None:
    """A selected draft of these drugs, the name of what it meets, and where that stands."""
    for draft in of_classes(drafts, drugs):
        if not draft.selected:
            continue
        for met in of_classes(drafts, others):
            if met is not draft:
                return draft, named(met.name), f"{named(met.name)} is another draft"
        for name in others:
            if patient.recorded(name):
                return draft, label(name), _listed(patient, name)
    return None


def _listed(patient: Assessed, name: str) -> str:
    basis = patient.fact(name).basis
    newest = next((each for each in basis if isinstance(each, RecordedMedication)), None)
    if newest is None:
        return f"{label(name)} is on the chart"
    since = f", ordered {newest.authored.text[:10]}" if newest.authored else ""
    return f"{named(newest.name or label(name))} is on the medication list{since}"
