"""One severe blood pressure: no diagnosis, but an emergency to be excluded."""

from collections.abc import Iterator
from datetime import timedelta

from cds_hooks.clinical.lab_rules import beyond, proves
from cds_hooks.clinical.vital_cards import vital_card
from cds_hooks.clinical.vital_rules import VITALS
from cds_hooks.engine.card_text import label, measured, taken, timed
from cds_hooks.engine.finding import Finding
from cds_hooks.engine.patient import Assessed
from fhir_adapters.facts.facts import Fact

RECENT = timedelta(hours=24)
"""How old a pressure may be that someone has yet to act on: a choice of this product."""


def severe_pressure(patient: Assessed, *, systolic: float, diastolic: float) -> Iterator[Finding]:
    """The newest pressure where it is of today and reaches one of the limits, in mmHg."""
    rule = VITALS.severe_pressure
    pressures = patient.fact("sbp"), patient.fact("dbp")
    limits = systolic, diastolic
    severe = [
        (fact, limit)
        for fact, limit in zip(pressures, limits, strict=True)
        if _is_recent(patient, fact) and proves(fact, ">=", limit)
    ]
    if severe:
        newest = [fact for fact, _ in severe]
        values = ", ".join(f"{label(each.name)} {measured(each)}" for each in newest)
        found = f"{rule.finding}: {values}, {timed(*newest)}"
        card = vital_card(patient, rule, *newest, found=found)
        yield Finding(card, max(beyond(*each) for each in severe), purpose="danger")


def _is_recent(patient: Assessed, fact: Fact) -> bool:
    when = taken(fact)
    return when is not None and patient.as_of - when.latest <= RECENT
