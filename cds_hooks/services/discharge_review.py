"""What is to be settled before a patient leaves, from all services of the discharge."""

from collections.abc import Iterator

from cds_hooks.clinical.few_cards import MOST, few_cards
from cds_hooks.engine.finding import Finding
from cds_hooks.engine.gathering import DEADLINE
from cds_hooks.engine.patient import Assessed
from cds_hooks.engine.service import service
from cds_hooks.protocol.cards import Card


@service(
    "discharge-review",
    hook="encounter-discharge",
    title="Review at discharge",
    usage_requirements=(
        "Instead of the other services of the discharge, whose cards it shows; needs what they "
        "need."
    ),
    youngest=0,
    gathers=True,
    thresholds=(MOST, DEADLINE),
)
def discharge_review(patient: Assessed) -> Iterator[Finding | Card]:
    """Shows what is open at a discharge: results, drugs, readmission; one card for the rest."""
    yield from few_cards(patient, topic="DischargeReview")
