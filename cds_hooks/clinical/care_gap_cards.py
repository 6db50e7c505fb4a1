"""The one card of the care that is missing: the action first, then what it rests on."""

from collections.abc import Iterator, Sequence

from cds_hooks.clinical.actions import offering, suggest
from cds_hooks.clinical.care_gaps import CareGap, Found, read
from cds_hooks.engine.card_text import dated, detail, label, measured, source
from cds_hooks.engine.finding import Finding
from cds_hooks.engine.patient import Assessed
from cds_hooks.protocol.cards import Card

MOST_GAPS, MOST_REASONS = 2, 3


def gap_finding(patient: Assessed, gaps: Sequence[Found]) -> Finding:
    """The most important gaps, of which there is at least one, no two of one subject."""
    shown = _shown(gaps)
    first = shown[0].rule
    card = Card(
        summary=first.finding,
        indicator=first.indicator or "info",
        source=source(read(first).cited, topic=topic(shown), url=read(first).url),
        detail=detail(_told(first, patient), *(_also(each.rule, patient) for each in shown[1:])),
    )
    suggestions = (
        suggest(action, patient, reason=each.rule.finding)
        for each in shown
        for action in each.rule.actions
    )
    subjects = tuple(each.rule.subject for each in shown)
    return Finding(offering(card, *suggestions), subjects=subjects)


def topic(gaps: Sequence[Found]) -> str:
    """One code for the gaps that are told: another gap is another card to whoever answered."""
    return "CareGaps" + "".join(each.rule.topic for each in gaps)


def _shown(gaps: Sequence[Found]) -> tuple[Found, ...]:
    by_subject: dict[str, Found] = {}
    for each in gaps:
        by_subject.setdefault(each.rule.subject, each)
    return tuple(by_subject.values())[:MOST_GAPS]


def _told(rule: CareGap, patient: Assessed) -> str:
    """What it rests on, and what to do."""
    because = "; ".join(list(_reasons(rule, patient))[:MOST_REASONS])
    return f"{because}. {rule.advice} ({rule.grade})."


def _also(rule: CareGap, patient: Assessed) -> str:
    """A further gap in one sentence, with the values that it rests on and its source."""
    because = [f"{read(rule).cited}, {rule.grade}"]
    if rule.proven or rule.either:
        because = [*_reasons(rule, patient), *because][-MOST_REASONS:]
    return f"Also: {rule.finding} ({'; '.join(because)})."


def _reasons(rule: CareGap, patient: Assessed) -> Iterator[str]:
    """The measured values with their dates, or else the recorded conditions."""
    for bound in (*rule.proven, *rule.either):
        fact = patient.fact(bound.name)
        if fact.value is not None:
            yield ", ".join(filter(None, (f"{label(bound.name)} {measured(fact)}", dated(fact))))
    if not (rule.proven or rule.either):
        yield f"{' and '.join(map(label, rule.recorded))} recorded"
