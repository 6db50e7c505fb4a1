"""The card of a rule on orders: the action, what it rests on with its date, and the source."""

from collections.abc import Iterable
from hashlib import blake2s
from textwrap import shorten

from cds_hooks.clinical.actions import ACTIONS, offering, suggest
from cds_hooks.clinical.orders.meetings import Met, named
from cds_hooks.clinical.orders.rule_table import SOURCES, OrderRule
from cds_hooks.engine.card_text import dated, detail, label, measured, source
from cds_hooks.engine.finding import Finding
from cds_hooks.engine.patient import Assessed
from cds_hooks.protocol.cards import LONGEST_SUMMARY, Action, Card, Suggestion
from fhir_adapters.record import DraftOrder
from fhir_adapters.terminology.ingredients import ingredients
from fhir_adapters.terminology.value_sets import measured_by

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
    other: Met | str | None = None,
    reasons: Iterable[str] = (),
    over: float = 1.0,
) -> Finding:
    """The finding of a rule about a draft; `other` is what it must not meet, or what is said there.

    `reasons` say on what it rests, each with its date, of which three are shown. What only may be
    there is a warning, to be checked; a rule without an indicator is for information.
    """
    sure = not isinstance(other, Met) or other.certain
    said = other.name if isinstance(other, Met) else other or ""
    found = rule.finding.format(drug=named(draft.name), other=said)
    read = SOURCES[rule.key]
    shown = list(reasons)[:MOST_REASONS]
    because = "; ".join(shown)
    card = Card(
        summary=shorten(found if sure else f"Check: {found}", LONGEST_SUMMARY, placeholder=" …"),
        indicator=(rule.indicator or "info") if sure else "warning",
        source=source(read.cited, topic=_topic(rule, draft, shown), url=read.url),
        detail=detail(f"{because}." if because else "", f"{rule.advice}."),
    )
    keys = (key for key in rule.actions if not ordered(patient, key))
    suggestions = [suggest(key, patient, reason=found) for key in keys]
    if sure and removable(patient, rule, draft):
        suggestions.append(removal(draft))
    return Finding(offering(card, *suggestions), over)


def _topic(rule: OrderRule, draft: DraftOrder, reasons: Iterable[str]) -> str:
    regimen = draft.regimen
    told = (rule.key, draft.name, regimen.at_once, regimen.times, *reasons)
    return topic(rule.topic, told)


def topic(code: str, told: tuple[object, ...]) -> str:
    """The topic of a card that tells of these, such as the drug, its regimen and the reasons.

    What a user answered for one draft and chart is not said of them again, but of any other.
    """
    digest = blake2s(repr(told).encode(), digest_size=4).hexdigest()
    return f"MedicationSafety{code}X{digest}"


def ordered(patient: Assessed, key: str) -> bool:
    """Whether a draft already asks for the test that an action proposes."""
    concept = measured_by("loinc", ACTIONS[key].code)
    return concept is not None and any(each.concept == concept for each in patient.record.drafts)


def removable(patient: Assessed, rule: OrderRule, draft: DraftOrder) -> bool:
    """Whether the draft's removal may be suggested: the site wants that, and the rule allows it.

    Never of a drug that the chart lists already, which is then not to be stopped abruptly.
    """
    if not (patient.removes_drafts and rule.removes and draft.selected):
        return False
    own = draft.ingredients
    listed = (ingredients(each.name, each.source.code) for each in patient.record.medications)
    return bool(own) and all(own.isdisjoint(each) for each in listed)


def removal(draft: DraftOrder) -> Suggestion:
    """The suggestion to delete a draft, by its temporary id."""
    name = named(draft.name)
    told = f"Remove the draft of {name}"
    action = Action(type="delete", description=told, resource_id=draft.reference)
    return Suggestion(label=told, actions=(action,))
