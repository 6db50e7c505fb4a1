"""The card of a rule on orders: the action, what it rests on with its date, and the source."""

from collections.abc import Iterable
from textwrap import shorten

from cds_hooks.clinical.actions import offering, suggest
from cds_hooks.clinical.orders.meetings import Met, named
from cds_hooks.clinical.orders.rule_table import SOURCES, OrderRule
from cds_hooks.engine.card_text import dated, detail, label, measured, source
from cds_hooks.engine.finding import Finding
from cds_hooks.engine.patient import Assessed
from cds_hooks.protocol.cards import LONGEST_SUMMARY, Card
from fhir_adapters.record import DraftOrder

MOST_REASONS = 3


def silenced(patient: Assessed, rule: OrderRule) -> bool:
    """Whether something is certainly recorded that silences the rule."""
    return any(map(patient.recorded, rule.unless))


def result(patient: Assessed, name: str) -> str:
    """A measured fact with its date, or that there is none."""
    fact = patient.fact(name)
    date = f", {dated(fact)}" if dated(fact) else ""
    return f"{label(name)} {measured(fact)}{date}"


def order_finding(
    patient: Assessed,
    rule: OrderRule,
    draft: DraftOrder,
    *,
    other: Met | None = None,
    reasons: Iterable[str] = (),
    over: float = 1.0,
) -> Finding:
    """The finding of a rule about a draft; `other` is what it must not meet.

    `reasons` say on what it rests, each with its date, of which three are shown. What only may be
    there is a warning, to be checked.
    """
    sure = other is None or other.certain
    found = rule.finding.format(drug=named(draft.name), other=other.name if other else "")
    read = SOURCES[rule.key]
    because = "; ".join(list(reasons)[:MOST_REASONS])
    card = Card(
        summary=shorten(found if sure else f"Check: {found}", LONGEST_SUMMARY, placeholder=" …"),
        indicator=(rule.indicator or "warning") if sure else "warning",
        source=source(read.cited, topic=f"MedicationSafety{rule.topic}", url=read.url),
        detail=detail(f"{because}." if because else "", f"{rule.advice}."),
    )
    suggestions = (suggest(key, patient, reason=found) for key in rule.actions)
    return Finding(offering(card, *suggestions), over)
