"""Mineralocorticoid receptor antagonists against the newest potassium."""

from collections.abc import Iterator

from cds_hooks.clinical.lab_rules import beyond, proves
from cds_hooks.clinical.orders.drafts import of_classes
from cds_hooks.clinical.orders.order_cards import order_finding
from cds_hooks.clinical.orders.rule_table import in_force, limit
from cds_hooks.engine.card_text import dated, measured
from cds_hooks.engine.finding import Finding
from cds_hooks.engine.patient import Assessed
from fhir_adapters.record import DraftOrder

CHECK = "mra"


def mra(patient: Assessed, drafts: tuple[DraftOrder, ...]) -> Iterator[Finding]:
    """The drafts of the class where potassium is above the limit, by one that may be wrong too."""
    for rule in in_force(CHECK, patient):
        fact, most = patient.fact("potassium"), limit(rule, patient)
        suspect = next((each for each in fact.implausible if each.value > most), None)
        if suspect:
            told = suspect.sent or f"{suspect.value:g} mmol/L"
            said = f"check potassium {told} ({suspect.when.text[:10]})"
        elif proves(fact, ">", most):
            said = f"potassium {measured(fact)} ({dated(fact)})"
        else:
            continue
        for draft in of_classes(drafts, rule.drugs):
            if draft.selected:
                over = beyond(fact, most)
                yield order_finding(patient, rule, draft, other=said, over=over)
