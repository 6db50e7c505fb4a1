"""Drugs that harm the unborn: in a recorded pregnancy, and where one is possible."""

from collections.abc import Iterator

from cds_hooks.clinical.orders.conditions import recorded
from cds_hooks.clinical.orders.drafts import of_classes, selected
from cds_hooks.clinical.orders.meetings import Met
from cds_hooks.clinical.orders.order_cards import order_finding, silenced
from cds_hooks.clinical.orders.rule_table import OrderRule, in_force, limit
from cds_hooks.engine.finding import Finding
from cds_hooks.engine.patient import Assessed
from fhir_adapters.record import DraftOrder

PREGNANCY = "pregnancy"


def pregnancy(patient: Assessed, drafts: tuple[DraftOrder, ...]) -> Iterator[Finding]:
    """The selected drafts that a recorded pregnancy speaks against, each rule once.

    A rule with further conditions holds only where one of them is recorded as well.
    """
    for rule in in_force("pregnancy", patient):
        of_it = selected(of_classes(drafts, rule.drugs))
        if not of_it or silenced(patient, rule) or not _also(patient, rule):
            continue
        if pregnant := recorded(patient, rule, PREGNANCY):
            yield order_finding(
                patient, rule, of_it[0], other=pregnant, reasons=_reasons(pregnant, patient, rule)
            )


def _also(patient: Assessed, rule: OrderRule) -> bool:
    return not rule.recorded or any(map(patient.recorded, rule.recorded))


def _reasons(pregnant: Met, patient: Assessed, rule: OrderRule) -> Iterator[str]:
    yield pregnant.reason
    for name in rule.recorded:
        if found := recorded(patient, rule, name):
            yield found.reason


def pregnancy_possible(patient: Assessed, drafts: tuple[DraftOrder, ...]) -> Iterator[Finding]:
    """The same where a woman may become pregnant, up to the rule's age."""
    for rule in in_force("pregnancy-possible", patient):
        of_it = selected(of_classes(drafts, rule.drugs))
        if of_it and not silenced(patient, rule) and _may_be(patient, limit(rule, patient)):
            age = patient.fact("age").value
            reason = f"A woman of {age:.0f} years" if isinstance(age, int | float) else "A woman"
            yield order_finding(patient, rule, of_it[0], reasons=(reason,))


def _may_be(patient: Assessed, oldest: float) -> bool:
    age = patient.fact("age")
    years = [each for each in age.alternatives or (age.value,) if isinstance(each, int | float)]
    return patient.fact("sex").value == "female" and (not years or min(years) < oldest)
