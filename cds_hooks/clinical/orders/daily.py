"""A drug of one weekday that is ordered more often."""

from collections.abc import Iterator

from cds_hooks.clinical.orders.drafts import of_classes, selected
from cds_hooks.clinical.orders.meetings import Met, named
from cds_hooks.clinical.orders.order_cards import order_finding
from cds_hooks.clinical.orders.rule_table import in_force, limit
from cds_hooks.engine.finding import Finding
from cds_hooks.engine.patient import Assessed
from cds_hooks.protocol.hooks import OrderSelectContext
from fhir_adapters.record import DraftOrder

WEEK = 7


def daily(patient: Assessed, drafts: tuple[DraftOrder, ...]) -> Iterator[Finding]:
    """A weekly drug that is ordered more often a week than the rule's limit.

    Where the order does not say how often, that is asked for when it is signed.
    """
    choosing = isinstance(patient.context, OrderSelectContext)
    for rule in in_force("daily", patient):
        for draft in selected(of_classes(drafts, rule.drugs)):
            times = draft.regimen.times
            if times is None and choosing:
                continue
            if times is not None and times * WEEK < limit(rule, patient):
                continue
            said = "without saying how often" if times is None else _often(times)
            other = Met(said, f"{named(draft.name)} is ordered {said}", certain=times is not None)
            yield order_finding(patient, rule, draft, other=other, reasons=(other.reason,))


def _often(times: float) -> str:
    return f"{times:g} times a day" if times > 1 else f"{times * WEEK:g} times a week"
