"""Two drugs of one class for regular use, where that is not expected."""

from collections.abc import Iterator

from cds_hooks.clinical.lab_rules import proves
from cds_hooks.clinical.orders.drafts import of_classes, selected
from cds_hooks.clinical.orders.meetings import Met, met
from cds_hooks.clinical.orders.order_cards import order_finding
from cds_hooks.clinical.orders.rule_table import OrderRule, in_force
from cds_hooks.engine.finding import Finding
from cds_hooks.engine.patient import Assessed
from fhir_adapters.record import DraftOrder
from fhir_adapters.terminology.ingredients import ingredients, is_prolonged
from fhir_adapters.terminology.value_sets import medication_classes_named

IN_RANGE = 2.0
"""From which INR a vitamin K antagonist is in range, so that the heparin beside it may stop."""


def duplicates(patient: Assessed, drafts: tuple[DraftOrder, ...]) -> Iterator[Finding]:
    """The selected drafts beside another drug of a listed class, each rule once."""
    for rule in in_force("duplicate", patient):
        for draft in selected(of_classes(drafts, rule.drugs)):
            there = met(patient, drafts, rule.drugs, beside=draft)
            another = next((each for each in there if _adds_up(patient, rule, draft, each)), None)
            if another:
                yield order_finding(patient, rule, draft, other=another, reasons=(another.reason,))
                break


def _adds_up(patient: Assessed, rule: OrderRule, draft: DraftOrder, other: Met) -> bool:
    """Whether they are two drugs for regular use, not one that is renewed or expected beside it."""
    own, others = draft.ingredients, ingredients(other.name, other.code)
    if draft.regimen.as_needed or other.as_needed or own & others or not (own and others):
        return False
    if "opioid" in rule.drugs:
        return is_prolonged(draft.name) == is_prolonged(other.name)
    return "anticoagulant" not in rule.drugs or not _bridged(patient, draft, other)


def _bridged(patient: Assessed, draft: DraftOrder, other: Met) -> bool:
    """Whether heparin covers a vitamin K antagonist until the INR is in range."""
    classes = {draft.classes, medication_classes_named(other.name) or frozenset()}
    heparin = any("heparin" in each for each in classes)
    antagonist = any("vitamin_k_antagonist" in each for each in classes)
    return heparin and antagonist and not proves(patient.fact("inr"), ">=", IN_RANGE)
