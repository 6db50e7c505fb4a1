"""Blood pressure measured at home: judged by its own limit, and never mixed with the office's."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from statistics import fmean

from cds_hooks.clinical.actions import offering
from cds_hooks.clinical.advice import Advice
from cds_hooks.clinical.critical_results import taken_at, value_of
from cds_hooks.engine.card_text import cited, detail
from cds_hooks.engine.eligibility import listed
from cds_hooks.engine.guidelines import GUIDELINES
from cds_hooks.engine.patient import Assessed
from cds_hooks.protocol.cards import Card
from fhir_adapters.facts.facts import Fact
from fhir_adapters.record import NoteCode

CONDITION = "hypertension"
LIMITS: Mapping[str, tuple[float, float]] = {"esc-2024": (135.0, 85.0)}
"""Systolic and diastolic mmHg at home, included, by who defines hypertension."""

PERIOD = timedelta(days=30)
LEAST_DAYS = 3
"""Of how long, and on how many days of it, readings are asked for: choices of this product."""


def home_pressure(patient: Assessed) -> Iterator[Card]:
    """That the mean at home reaches the limit, where the problem list holds no hypertension."""
    definition = patient.site.hypertension_definition
    limits = LIMITS.get(definition)
    if limits is None or listed(patient, CONDITION) or patient.doubt("pregnancy"):
        return
    readings = {name: _of_home(patient, name) for name in ("sbp", "dbp")}
    means = {name: _mean(facts) for name, facts in readings.items()}
    if not any(mean >= limit for mean, limit in zip(means.values(), limits, strict=True) if mean):
        return
    guideline = GUIDELINES[f"undocumented-hypertension-home-{definition}"]
    band = guideline.bands[-1]
    advice = Advice(guideline.publication(band), band, band, "")
    days = max(len(_days(facts)) for facts in readings.values())
    shown = "/".join(f"{mean:.0f}" for mean in means.values() if mean)
    found = f"mean home blood pressure {shown} mmHg on {days} days"
    told = "refuted on the problem list" if patient.refuted(CONDITION) else "no record of it"
    card = Card(
        summary=f"{found}: hypertension, {told}",
        indicator=advice.indicator,
        source=cited(advice.guideline, topic="UndocumentedHypertension"),
        detail=detail(advice.text),
    )
    if not patient.refuted(CONDITION):
        basis = tuple(item for facts in readings.values() for each in facts for item in each.basis)
        card = offering(card, *advice.suggestions(patient, reason=found, because=basis))
    yield card


def _of_home(patient: Assessed, name: str) -> list[Fact]:
    return [
        each
        for each in patient.history(name)
        if patient.as_of - taken_at(each) <= PERIOD
        and not each.bound
        and any(note.code is NoteCode.SELF_REPORTED for note in each.notes)
    ]


def _days(facts: list[Fact]) -> Mapping[date, list[float]]:
    days: defaultdict[date, list[float]] = defaultdict(list)
    for each in facts:
        days[taken_at(each).date()].append(value_of(each))
    return days


def _mean(facts: list[Fact]) -> float | None:
    """The mean of the daily means; None where there are too few days."""
    days = _days(facts)
    return fmean(map(fmean, days.values())) if len(days) >= LEAST_DAYS else None
