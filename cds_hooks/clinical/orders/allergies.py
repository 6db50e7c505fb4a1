"""Drugs to which an allergy is recorded: the same drug, the class it names, or the same side chain.

An allergy to a single drug says nothing of its class, and one to a class nothing of other classes:
a penicillin allergy forbids no cephalosporin. Across classes only the same R1 side chain counts,
and only after a severe reaction.
"""

from collections.abc import Iterator

from cds_hooks.clinical.orders.drafts import selected
from cds_hooks.clinical.orders.meetings import Met, named
from cds_hooks.clinical.orders.order_cards import order_finding
from cds_hooks.clinical.orders.rule_table import OrderRule, in_force
from cds_hooks.engine.card_text import label
from cds_hooks.engine.finding import Finding
from cds_hooks.engine.patient import Assessed
from fhir_adapters.record import DraftOrder, RecordedAllergy

SEVERE, OTHER = "allergy-severe", "allergy"
"""The checks of an allergy with a severe reaction, or a high risk of one, and of any other."""


def allergies(patient: Assessed, drafts: tuple[DraftOrder, ...]) -> Iterator[Finding]:
    """The selected drafts of a drug or class that an allergy names, by the most severe of them."""
    known = sorted(_recorded(patient), key=lambda each: not each.severe)
    for draft in selected(drafts):
        found = next((each for each in known if _names(each, draft)), None)
        for rule in in_force(SEVERE if found and found.severe else OTHER, patient):
            if found:
                other = _met(found)
                yield order_finding(patient, rule, draft, other=other, reasons=(other.reason,))


def side_chains(patient: Assessed, drafts: tuple[DraftOrder, ...]) -> Iterator[Finding]:
    """The selected drafts with the side chain of another drug that caused a severe reaction."""
    severe = [each for each in _recorded(patient) if each.severe]
    for rule in in_force("side-chain", patient):
        for draft in selected(drafts):
            if found := next((each for each in severe if _alike(rule, draft, each)), None):
                other = _met(found)
                yield order_finding(patient, rule, draft, other=other, reasons=(other.reason,))


def _recorded(patient: Assessed) -> list[RecordedAllergy]:
    return [each for each in patient.fact("allergies").basis if isinstance(each, RecordedAllergy)]


def _names(allergy: RecordedAllergy, draft: DraftOrder) -> bool:
    """Whether the allergy is to the draft's own drug, or to a class that it names itself."""
    return bool(allergy.classes & draft.classes or allergy.ingredients & draft.ingredients)


def _alike(rule: OrderRule, draft: DraftOrder, allergy: RecordedAllergy) -> bool:
    chain = frozenset(rule.ingredients)
    both = chain & draft.ingredients and chain & allergy.ingredients
    return bool(both) and not _names(allergy, draft)


def _met(allergy: RecordedAllergy) -> Met:
    name = named(allergy.name or ", ".join(map(label, sorted(allergy.classes))))
    kind = "Intolerance" if allergy.intolerance else "Allergy"
    since = f", recorded {allergy.recorded.text[:10]}" if allergy.recorded else ""
    severe = ", severe" if allergy.severe else ""
    sure = "" if allergy.certain else ", not confirmed"
    return Met(name, f"{kind} to {name}{severe}{sure}{since}", certain=allergy.certain)
