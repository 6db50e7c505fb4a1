"""Everything that is due for one patient, from all services at once: few cards, ranked."""

from collections.abc import Iterator

from cds_hooks.clinical.few_cards import MOST, few_cards
from cds_hooks.engine.finding import Finding
from cds_hooks.engine.gathering import DEADLINE
from cds_hooks.engine.patient import Assessed
from cds_hooks.engine.service import service
from cds_hooks.protocol.cards import Card


@service(
    "patient-risks",
    title="Risks of this patient",
    usage_requirements="Instead of the other services, whose cards it shows; needs what they need.",
    youngest=0,
    gathers=True,
    thresholds=(MOST, DEADLINE),
)
def patient_risks(patient: Assessed) -> Iterator[Finding | Card]:
    """Shows dangers first, then treatment, diagnosis, prevention: few cards, one for the rest."""
    yield from few_cards(patient, topic="PatientRisks")
