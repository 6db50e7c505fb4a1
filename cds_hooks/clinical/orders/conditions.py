"""Drugs that must not be given with a recorded condition."""

from collections.abc import Iterator
from datetime import timedelta

from cds_hooks.clinical.orders.drafts import of_classes, selected
from cds_hooks.clinical.orders.meetings import Met
from cds_hooks.clinical.orders.order_cards import order_finding, silenced
from cds_hooks.clinical.orders.rule_table import OrderRule, in_force
from cds_hooks.engine.card_text import label
from cds_hooks.engine.finding import Finding
from cds_hooks.engine.patient import Assessed
from fhir_adapters.facts.facts import begun
from fhir_adapters.record import DraftOrder, When


def conditions(patient: Assessed, drafts: tuple[DraftOrder, ...]) -> Iterator[Finding]:
    """The selected drafts that a recorded condition speaks against, each rule once.

    An entry that only may record the condition is shown to be checked.
    """
    for rule in in_force("condition", patient):
        drafts_of_it = selected(of_classes(drafts, rule.drugs))
        if not drafts_of_it or silenced(patient, rule):
            continue
        found = (recorded(patient, rule, each) for each in rule.recorded)
        against = next(filter(None, found), None)
        if against:
            yield order_finding(
                patient, rule, drafts_of_it[0], other=against, reasons=(against.reason,)
            )


def recorded(patient: Assessed, rule: OrderRule, name: str) -> Met | None:
    """The condition as the chart records it, lately enough for the rule; None if it does not."""
    said = label(name)
    if not patient.recorded(name):
        return _perhaps(patient, name)
    times = [since for each in patient.entries(name) if (since := begun(each))]
    newest = max(times, default=None)
    if rule.within_days and not _within(newest, patient, rule.within_days):
        return None
    date = f" since {newest.text[:10]}" if newest else ""
    return Met(said, f"{said} is recorded{date}")


def _perhaps(patient: Assessed, name: str) -> Met | None:
    """The condition where something on the chart suggests it, without proving it."""
    suggested = patient.fact(name).alternatives[:1] == (True,)
    if not suggested and not patient.perhaps(name):
        return None
    said, doubt = label(name), patient.doubt(name) or "the entry could not be placed"
    return Met(said, f"{said} may be recorded: {doubt}", certain=False)


def _within(newest: When | None, patient: Assessed, days: int) -> bool:
    return newest is not None and newest.latest >= patient.as_of - timedelta(days=days)
