"""Results that were asked for and are not there yet, of analytes that may be critical."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from cds_hooks.clinical.lab_rules import RULES
from cds_hooks.engine.card_text import detail, label, source
from cds_hooks.engine.finding import Finding
from cds_hooks.engine.patient import Assessed
from cds_hooks.protocol.cards import Card
from fhir_adapters.readers.observations import PENDING
from fhir_adapters.record import Dropped

WAITED_FOR = timedelta(days=7)
"""For how long a registered result is still waited for: a choice of this product."""
MOST_NAMED = 4


def pending(patient: Assessed) -> Iterator[Finding]:
    """One card that names what is registered and has no newer result."""
    waited = {each.concept: each for each in patient.record.dropped if _waited(patient, each)}
    if not waited:
        return
    names = sorted(map(label, waited))
    told = ", ".join(names[:MOST_NAMED]) + (", ..." if len(names) > MOST_NAMED else "")
    dates = sorted({each.when.text[:10] for each in waited.values() if each.when})
    card = Card(
        summary=f"Pending at discharge: {told}",
        indicator="info",
        source=source("CDS Hooks Server", topic="DischargeResultsPending"),
        detail=detail(
            f"Registered {', '.join(dates)}, without a result. Name who will look at it."
        ),
    )
    yield Finding(card)


def _waited(patient: Assessed, each: Dropped) -> bool:
    if each.text != PENDING or each.concept not in RULES.units or each.when is None:
        return False
    since, results = each.when.latest, patient.record.measurements.get(each.concept, ())
    answered = any(_taken(result.when.latest, since, patient.as_of) for result in results)
    return patient.as_of - WAITED_FOR <= since <= patient.as_of and not answered


def _taken(at: datetime, since: datetime, now: datetime) -> bool:
    return since <= at <= now
