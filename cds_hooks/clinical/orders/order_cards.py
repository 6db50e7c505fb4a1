"""The card of a rule on orders: the action, what it rests on with its date, and the source."""

from collections.abc import Iterable
from textwrap import shorten

from cds_hooks.clinical.actions import offering, suggest
from cds_hooks.clinical.orders.rule_table import SOURCES, OrderRule
from cds_hooks.engine.card_text import detail, escape, source
from cds_hooks.engine.finding import Finding
from cds_hooks.engine.patient import Assessed
from cds_hooks.protocol.cards import LONGEST_SUMMARY, Card, Indicator
from fhir_adapters.record import DraftOrder

LONGEST_NAME = 40
MOST_REASONS = 3


def named(text: str) -> str:
    """A drug as it was sent, short enough for a summary."""
    return shorten(escape(text), LONGEST_NAME, placeholder=" …") or "a draft"


def order_finding(
    patient: Assessed,
    rule: OrderRule,
    draft: DraftOrder,
    *,
    other: str = "",
    reasons: Iterable[str] = (),
    over: float = 1.0,
    indicator: Indicator | None = None,
) -> Finding:
    """The finding of a rule about a draft; `other` is what it must not meet.

    `reasons` say on what it rests, each with its date, of which three are shown.
    """
    found = rule.finding.format(drug=named(draft.name), other=other)
    read = SOURCES[rule.key]
    because = "; ".join(list(reasons)[:MOST_REASONS])
    card = Card(
        summary=shorten(found, LONGEST_SUMMARY, placeholder=" …"),
        indicator=indicator or rule.indicator or "warning",
        source=source(read.cited, topic=f"MedicationSafety{rule.topic}", url=read.url),
        detail=detail(f"{because}." if because else "", f"{rule.advice}."),
    )
    suggestions = (suggest(key, patient, reason=found) for key in rule.actions)
    return Finding(offering(card, *suggestions), over)
