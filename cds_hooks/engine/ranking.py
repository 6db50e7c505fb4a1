"""Which findings of several services are shown, in what order, and which are folded into one card.

No two scales are compared: what ranks is a card's purpose, then its indicator, then the order of
the services. What is critical is always shown.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from msgspec import structs

from cds_hooks.engine.finding import PURPOSES, Finding
from cds_hooks.engine.topics import row_of
from cds_hooks.protocol.cards import URGENCY, Card


def by_owner(findings: Iterable[Finding]) -> Iterator[Finding]:
    """The findings, those of one subject as one: the owner's, with the actions of the others."""
    found = list(_different(findings))
    owners = {each.topic: each for each in found if each.over}
    left = [each for each in found if not _critical(each) and _owner(each) in owners]
    for each in found:
        if each not in left:
            others = [other for other in left if owners[_owner(other)] is each]
            yield replace(each, card=_with_actions(each.card, others)) if others else each


def by_subject(findings: Iterable[Finding]) -> list[Finding]:
    """The findings without those whose subjects another tells of too, which takes their actions.

    The one that tells of more subjects stays; of two that tell of the same, the first in rank. What
    is critical, and what names no subject, stays as it is.
    """
    found = list(findings)
    kept: dict[int, Finding] = {}
    for at in sorted(range(len(found)), key=lambda at: (-len(found[at].subjects), rank(found[at]))):
        each = found[at]
        teller = next((i for i, other in kept.items() if _tells_of(other, each)), None)
        if teller is None:
            kept[at] = each
        else:
            teller_card = _with_actions(kept[teller].card, [each])
            kept[teller] = replace(kept[teller], card=teller_card)
    return [kept[at] for at in sorted(kept)]


def _tells_of(other: Finding, each: Finding) -> bool:
    """Whether all that a finding tells is told by the other too."""
    return bool(each.subjects) and not _critical(each) and set(each.subjects) <= set(other.subjects)


def ranked(findings: Iterable[Finding]) -> list[Finding]:
    """Dangers first, then treatment, diagnosis and prevention; what was not assessed is last."""
    return sorted(findings, key=rank)


def split(findings: list[Finding], *, most: int) -> tuple[list[Finding], list[Finding]]:
    """The findings that are shown, and those that are folded into one card: none, or several.

    At most `most` are shown, one a topic, but for all that are critical.
    """
    first = list(_first_of_each_topic(findings))[:most]
    shown = [each for each in findings if each in first or _critical(each)]
    folded = [each for each in findings if each not in shown]
    return (findings, []) if len(folded) == 1 else (shown, folded)


def _different(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Without those whose card another has word for word: no two cards may have one uuid."""
    seen: list[Card] = []
    for each in findings:
        if each.card not in seen:
            seen.append(each.card)
            yield each


def _critical(finding: Finding) -> bool:
    return finding.card.indicator == "critical"


def _owner(finding: Finding) -> str:
    listed = row_of(finding.topic)
    return listed.told_by if listed else ""


def _with_actions(card: Card, others: list[Finding]) -> Card:
    named = {each.label: each for each in card.suggestions or ()}
    for other in others:
        for each in other.card.suggestions or ():
            named.setdefault(each.label, each)
    if not named:
        return card
    return structs.replace(card, suggestions=tuple(named.values()), selection_behavior="any")


def rank(finding: Finding) -> tuple[bool, int, int]:
    """What a finding is sorted by, the first first."""
    purpose = finding.purpose or PURPOSES[-1]
    assessed = bool(finding.over) or _critical(finding)
    return not assessed, PURPOSES.index(purpose), URGENCY.index(finding.card.indicator)


def _first_of_each_topic(findings: list[Finding]) -> Iterator[Finding]:
    """That something could not be computed is one topic."""
    seen = set()
    for each in findings:
        topic = each.topic if each.over else None
        if topic not in seen:
            seen.add(topic)
            yield each
