"""Few cards of the findings of many services: ranked, one a topic, and one card for the rest."""

import re
from collections.abc import Iterator
from textwrap import shorten

from msgspec.structs import replace

from cds_hooks.clinical.actions import offering
from cds_hooks.engine.card_text import detail, escape, source
from cds_hooks.engine.finding import Finding
from cds_hooks.engine.patient import Assessed
from cds_hooks.engine.ranking import by_owner, by_subject, ranked, split
from cds_hooks.protocol.cards import LONGEST_SUMMARY, URGENCY, Card, Suggestion

MOST, MOST_CARDS = "most-cards", 3
"""The threshold by which a site sets how many cards are shown, and how many are unless it does."""

_FURTHER, _REASON = re.compile(r"[:;,] | \("), re.compile(r" \(")


def few_cards(patient: Assessed, *, topic: str) -> Iterator[Finding | Card]:
    """What the gathered services found; the card that sums up the rest is of that topic."""
    most = max(1, int(patient.threshold(MOST, MOST_CARDS)))
    shown, folded = split(ranked(by_subject(by_owner(patient.findings))), most=most)
    yield from shown
    if folded:
        yield _summing_up(folded, topic)


def _summing_up(folded: list[Finding], topic: str) -> Card:
    """One card for what has none of its own, with its actions; as urgent as the most urgent."""
    wordings = ("; ".join(each.card.summary for each in folded), "; ".join(map(_gist, folded)))
    lines = [f"{len(folded)} more: {wording}" for wording in wordings]
    fitting = (line for line in lines if len(line.encode("utf-16-le")) // 2 <= LONGEST_SUMMARY)
    card = Card(
        summary=next(fitting, shorten(lines[-1], LONGEST_SUMMARY, placeholder=" …")),
        indicator=min((each.card.indicator for each in folded), key=URGENCY.index),
        source=source("CDS Hooks Server", topic=topic),
        detail=detail(
            "Beside the cards shown:",
            "\n".join(f"- {each.card.indicator}: {escape(each.card.summary)}" for each in folded),
        ),
    )
    return offering(card, *_actions(folded))


def _actions(folded: list[Finding]) -> tuple[Suggestion, ...]:
    """The suggestions of all, each named with what it is for, and none like another."""
    named: dict[str, Suggestion] = {}
    for finding in folded:
        for each in finding.card.suggestions or ():
            short = f"{each.label} ({_gist(finding)})"
            named[f"{each.label} ({finding.card.summary})" if short in named else short] = each
    return tuple(replace(each, label=label) for label, each in named.items())


def _gist(finding: Finding) -> str:
    """The summary without its numbers; of what was not assessed, without the reason."""
    return (_FURTHER if finding.over else _REASON).split(finding.card.summary, maxsplit=1)[0]
