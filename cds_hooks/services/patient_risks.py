"""Everything that is due for one patient, from all services at once: few cards, ranked."""

from collections.abc import Iterator
from textwrap import shorten

from cds_hooks.engine.card_text import detail, escape, source
from cds_hooks.engine.finding import Finding
from cds_hooks.engine.patient import Assessed
from cds_hooks.engine.service import service
from cds_hooks.protocol.cards import LONGEST_SUMMARY, URGENCY, Card

MOST_CARDS = 3

TOLD_BY = {"UndocumentedKidneyDisease": "KidneyRisk"}
"""Topics that are left out where another tells the same with more."""


@service(
    "patient-risks",
    title="Risks of this patient",
    usage_requirements="Instead of the other services, whose cards it shows; needs what they need.",
    youngest=0,
    gathers=True,
    thresholds=("most-cards", "deadline-seconds"),
)
def patient_risks(patient: Assessed) -> Iterator[Finding | Card]:
    """Shows what is most urgent of all services: one card a topic, few, and a line for the rest."""
    topics = {each.topic for each in patient.findings if each.over}
    told = (each for each in patient.findings if TOLD_BY.get(each.topic) not in topics)
    ranked = sorted(told, key=_rank)
    most = max(1, int(patient.threshold("most-cards", MOST_CARDS)))
    # What cannot wait is never cut to a line.
    shown = [each for n, each in enumerate(_one_a_topic(ranked)) if n < most or _critical(each)]
    yield from shown
    if rest := [each for each in ranked if each not in shown]:
        yield _line(rest)


def _critical(finding: Finding) -> bool:
    return finding.card.indicator == "critical"


def _rank(finding: Finding) -> tuple[int, float]:
    return URGENCY.index(finding.card.indicator), -finding.over


def _one_a_topic(ranked: list[Finding]) -> Iterator[Finding]:
    """The first of each topic; that something could not be computed is one topic."""
    topics = set()
    for each in ranked:
        if (topic := each.card.source.topic if each.over else None) not in topics:
            topics.add(topic)
            yield each


def _line(rest: list[Finding]) -> Card:
    """One line for what has no card of its own; as urgent as the most urgent of it."""
    wordings = ("; ".join(each.card.summary for each in rest), "; ".join(map(_gist, rest)))
    lines = [f"{len(rest)} more: {wording}" for wording in wordings]
    fitting = (line for line in lines if len(line) <= LONGEST_SUMMARY)
    return Card(
        summary=next(fitting, shorten(lines[-1], LONGEST_SUMMARY, placeholder=" …")),
        indicator=rest[0].card.indicator,
        source=source("CDS Hooks Server", topic="PatientRisks"),
        detail=detail(
            "Beside the cards shown:",
            remarks=(f"{each.card.indicator}: {escape(each.card.summary)}" for each in rest),
        ),
    )


def _gist(finding: Finding) -> str:
    return finding.card.summary.partition(":" if finding.over else " (")[0]
