"""Drugs that must not meet: pairs, three together, and a pair by the potassium."""

from collections.abc import Iterator

from cds_hooks.clinical.lab_rules import proves
from cds_hooks.clinical.orders.drafts import of_classes, selected
from cds_hooks.clinical.orders.meetings import Met, met, perhaps_met
from cds_hooks.clinical.orders.order_cards import order_finding, result, silenced
from cds_hooks.clinical.orders.rule_table import OrderRule, in_force, limit
from cds_hooks.engine.finding import Finding
from cds_hooks.engine.patient import Assessed
from fhir_adapters.record import DraftOrder

DIURETICS = ("thiazide", "loop_diuretic", "mra")


def pairs(patient: Assessed, drafts: tuple[DraftOrder, ...]) -> Iterator[Finding]:
    """The pairs in which a selected draft takes part, on either side of the rule; each once.

    Where the other drug only may be on the list, a life-threatening pair is shown to be checked.
    """
    for rule in in_force("pair", patient):
        if silenced(patient, rule):
            continue
        found = _first(patient, drafts, rule)
        if found:
            draft, other = found
            reasons = (other.reason, *(result(patient, name) for name in rule.needs))
            yield order_finding(patient, rule, draft, other=other, reasons=reasons)


def _first(
    patient: Assessed, drafts: tuple[DraftOrder, ...], rule: OrderRule
) -> tuple[DraftOrder, Met] | None:
    """The first draft that meets its other side; of a life-threatening pair also perhaps."""
    sides = ((rule.drugs, rule.beside), (rule.beside, rule.drugs))
    for drugs, others in sides:
        for draft in selected(of_classes(drafts, drugs)):
            if found := met(patient, drafts, others, beside=draft):
                return draft, found[0]
    if rule.indicator != "critical":
        return None
    for drugs, others in sides:
        for draft in selected(of_classes(drafts, drugs)):
            if maybe := perhaps_met(patient, others):
                return draft, maybe
    return None


def raised_potassium(patient: Assessed, drafts: tuple[DraftOrder, ...]) -> Iterator[Finding]:
    """A pair that raises potassium further, where the newest potassium is above the limit."""
    for rule in in_force("raised-potassium", patient):
        found = _first(patient, drafts, rule)
        potassium = patient.fact("potassium")
        if found and proves(potassium, ">", limit(rule, patient)):
            draft, other = found
            reasons = (result(patient, "potassium"), other.reason)
            yield order_finding(patient, rule, draft, other=other, reasons=reasons)


def triple(patient: Assessed, drafts: tuple[DraftOrder, ...]) -> Iterator[Finding]:
    """An NSAID, a drug on the renin-angiotensin system and a diuretic, one of them a draft."""
    for rule in in_force("triple", patient):
        groups = (rule.drugs, ("raas",), DIURETICS)
        for draft in selected(drafts):
            others = [each for each in groups if not draft.classes.intersection(each)]
            if len(others) == len(groups):
                continue
            there = [met(patient, drafts, each, beside=draft) for each in others]
            if all(there):
                yield _together(patient, rule, draft, [each[0] for each in there])
                break


def _together(patient: Assessed, rule: OrderRule, draft: DraftOrder, others: list[Met]) -> Finding:
    unlike = list({each.name: each for each in others}.values())
    both = Met(" and ".join(each.name for each in unlike), "")
    return order_finding(patient, rule, draft, other=both, reasons=(each.reason for each in unlike))
