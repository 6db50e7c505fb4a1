"""Drugs that prolong the QT interval, against a measured QTc and recorded risk factors."""

from collections.abc import Iterator

from cds_hooks.clinical.lab_rules import proves
from cds_hooks.clinical.orders.drafts import of_classes
from cds_hooks.clinical.orders.meetings import named
from cds_hooks.clinical.orders.order_cards import order_finding
from cds_hooks.clinical.orders.rule_table import OrderRule, in_force, limit
from cds_hooks.engine.card_text import dated, label, measured
from cds_hooks.engine.finding import Finding
from cds_hooks.engine.patient import Assessed
from fhir_adapters.facts.facts import Fact
from fhir_adapters.record import DraftOrder

CHECK = "qt"
PROLONGED, LOW_POTASSIUM, OLD = 450.0, 3.5, 68.0
"""Tisdale's ms, mmol/L and years."""

CONDITIONS = ("heart_failure", "sepsis")
"""Recorded conditions that are risk factors by the same score."""


def qt(patient: Assessed, drafts: tuple[DraftOrder, ...]) -> Iterator[Finding]:
    """A QTc that forbids the drug, else two risk factors; one finding for each draft."""
    rules = {rule.key: rule for rule in in_force(CHECK, patient)}
    for draft in of_classes(drafts, ("qt_prolonging",)):
        if not draft.selected:
            continue
        yield from _prolonged(patient, rules.get("qtc-500"), draft) or _risky(
            patient, rules.get("qt-two-factors"), draft, drafts
        )


def _prolonged(patient: Assessed, rule: OrderRule | None, draft: DraftOrder) -> tuple[Finding, ...]:
    if rule is None:
        return ()
    fact, least = patient.fact("qtc"), limit(rule, patient)
    if proves(fact, ">=", least):
        said = _with_date(fact)
        return (order_finding(patient, rule, draft, other=said, over=_over(fact, least)),)
    beyond = next((each for each in fact.implausible if each.value >= least), None)
    if beyond is None:
        return ()
    told = beyond.sent or f"{beyond.value:g} ms"
    said = f"check QTc {told} ({beyond.when.text[:10]}), act as if true"
    return (order_finding(patient, rule, draft, other=said),)


def _over(fact: Fact, least: float) -> float:
    return fact.value / least if isinstance(fact.value, int | float) else 1.0


def _risky(
    patient: Assessed,
    rule: OrderRule | None,
    draft: DraftOrder,
    drafts: tuple[DraftOrder, ...],
) -> tuple[Finding, ...]:
    """Two factors, of which one is more than age and sex: every old woman has those."""
    if rule is None:
        return ()
    telling = list(_factors(patient, draft, drafts))
    found = [*telling, *_always(patient)]
    if not telling or len(found) < limit(rule, patient):
        return ()
    said = f"{len(found)} QT risk factors"
    return (order_finding(patient, rule, draft, other=said, reasons=found),)


def _factors(patient: Assessed, draft: DraftOrder, drafts: tuple[DraftOrder, ...]) -> Iterator[str]:
    if proves(patient.fact("qtc"), ">=", PROLONGED):
        yield _with_date(patient.fact("qtc"))
    if proves(patient.fact("potassium"), "<=", LOW_POTASSIUM):
        yield _with_date(patient.fact("potassium"))
    others = [each for each in of_classes(drafts, ("qt_prolonging",)) if each is not draft]
    if others:
        yield f"{named(others[0].name)} prolongs QT too"
    elif patient.recorded("qt_prolonging"):
        yield "another drug on the list prolongs QT"
    for name in CONDITIONS:
        if patient.recorded(name):
            yield label(name).lower()


def _always(patient: Assessed) -> Iterator[str]:
    if proves(patient.fact("age"), ">=", OLD):
        yield f"age {measured(patient.fact('age'))}"
    if patient.fact("sex").value == "female":
        yield "female"


def _with_date(fact: Fact) -> str:
    return f"{label(fact.name)} {measured(fact)} ({dated(fact)})"
