"""Drugs against the patient's genotype (CPIC), and tests that a label asks for before a drug.

A phenotype that is not stated and is in no table is not guessed, and none is inferred from where
a patient's family comes from.
"""

from collections.abc import Iterator

from cds_hooks.clinical.orders.drafts import of_classes
from cds_hooks.clinical.orders.order_cards import order_finding
from cds_hooks.clinical.orders.rule_table import OrderRule, in_force
from cds_hooks.engine.card_text import dated, label
from cds_hooks.engine.finding import Finding
from cds_hooks.engine.patient import Assessed
from fhir_adapters.facts.facts import Fact
from fhir_adapters.record import DraftOrder, NoteCode

WORDS = {
    "poor": "poor metaboliser",
    "intermediate": "intermediate metaboliser",
    "rapid": "rapid metaboliser",
    "ultrarapid": "ultrarapid metaboliser",
}
"""A phenotype of an enzyme as it is said; other answers are said as they are."""


def genotype(patient: Assessed, drafts: tuple[DraftOrder, ...]) -> Iterator[Finding]:
    """The drugs that a recorded genotype speaks against."""
    for rule in in_force("genotype", patient):
        if rule.recorded and not any(map(patient.recorded, rule.recorded)):
            continue
        for draft in of_classes(drafts, rule.drugs):
            if draft.selected and (found := _against(patient, rule, draft)):
                yield found


def conditions(patient: Assessed, drafts: tuple[DraftOrder, ...]) -> Iterator[Finding]:
    """The drugs that an inherited condition of the problem list speaks against.

    One that only may be recorded is shown to be checked: it is looked for where a life is at risk.
    """
    for rule in in_force("genotype-condition", patient):
        for draft in of_classes(drafts, rule.drugs):
            for name in rule.recorded:
                if draft.selected and (patient.recorded(name) or patient.perhaps(name)):
                    sure = "" if patient.recorded(name) else "check the problem list: "
                    yield order_finding(patient, rule, draft, other=f"{sure}{label(name)}")


def _against(patient: Assessed, rule: OrderRule, draft: DraftOrder) -> Finding | None:
    for name in rule.needs:
        fact = patient.fact(name)
        if fact.value in rule.answers:
            return order_finding(patient, rule, draft, other=_said(fact), reasons=_basis(fact))
    return None


def _said(fact: Fact) -> str:
    answer = str(fact.value)
    gene = label(fact.name).removesuffix(" phenotype")
    if fact.name.endswith("_phenotype") and gene != label(fact.name):
        answer = WORDS.get(answer, answer)
    return f"{gene} {answer}"


def _basis(fact: Fact) -> tuple[str, ...]:
    how = [note.text for note in fact.notes if note.code is NoteCode.DERIVED]
    day = dated(fact)
    return (f"{label(fact.name)}" + (f" of {day}" if day else ""), *how)


def untested(patient: Assessed, drafts: tuple[DraftOrder, ...]) -> Iterator[Finding]:
    """The drugs whose label asks for a test that is not on the chart; not where already taken."""
    for rule in in_force("genotype-test", patient):
        lacking = [patient.fact(name) for name in rule.needs]
        if any(each.value is not None for each in lacking):
            continue
        for draft in of_classes(drafts, rule.drugs):
            if draft.selected and not any(map(patient.recorded, rule.drugs)):
                why = [note.text for each in lacking for note in each.notes]
                said = f"no usable {label(rule.needs[0])}"
                yield order_finding(patient, rule, draft, other=said, reasons=why)
