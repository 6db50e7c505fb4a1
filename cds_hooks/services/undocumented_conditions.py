"""Measurements that meet the criteria of a condition that the problem list does not hold."""

from collections.abc import Iterator

from cds_hooks.clinical.actions import offering, suggest
from cds_hooks.clinical.advice import Advice, advise
from cds_hooks.clinical.home_pressure import home_pressure
from cds_hooks.clinical.severe_pressure import severe_pressure
from cds_hooks.clinical.undocumented import (
    GAPS,
    Evidence,
    Gap,
    evidence_of,
    newest_of,
    unsettled,
    variant,
)
from cds_hooks.clinical.vital_rules import VITALS
from cds_hooks.engine.card_text import cited, detail, evidence_table, label, remarks_of
from cds_hooks.engine.finding import Finding
from cds_hooks.engine.patient import Assessed
from cds_hooks.engine.service import service
from cds_hooks.protocol.cards import Card, Suggestion
from predictors.predictor import Input, Kind, NotAssessed


@service(
    "undocumented-conditions",
    title="Undocumented conditions",
    usage_requirements="Needs the whole problem list, and the results of the last two years.",
    uses=tuple(gap.criteria for gap in GAPS),
    also=(
        *newest_of(GAPS),
        *(gap.condition for gap in GAPS),
        *("anemia", "dialysis", "esa", "glucocorticoid", "statin", "lipid_lowering"),
        *("aki", "gestational_diabetes", "inpatient"),
        Input("hemoglobin", Kind.VALUE, "g/dL"),
    ),
    excluded=("pregnancy", "palliative"),
    required=("patient", "conditions"),
    thresholds=("severe-systolic", "severe-diastolic"),
)
def undocumented_conditions(patient: Assessed) -> Iterator[Finding | Card | NotAssessed]:
    """Shows measurements that make a diagnosis that is not on the problem list, or suggest it."""
    yield from severe_pressure(
        patient,
        systolic=patient.threshold("severe-systolic", VITALS.severe_pressure.systolic),
        diastolic=patient.threshold("severe-diastolic", VITALS.severe_pressure.diastolic),
    )
    for gap in GAPS:
        try:
            evidence = evidence_of(patient, gap)
        except NotAssessed as refusal:
            yield refusal
            continue
        key = f"undocumented-{variant(patient, gap.condition)}"
        advice = advise(patient, key, prediction=evidence.met, unless=gap.treatment)
        if advice and advice.lowest.indicator:
            yield _card(patient, gap, evidence, advice=advice)
        elif advice:
            yield unsettled(gap, evidence)
    yield from home_pressure(patient)


def _card(patient: Assessed, gap: Gap, evidence: Evidence, *, advice: Advice) -> Card:
    found, measurements = evidence.met.note, evidence.measurements
    refuted = patient.refuted(gap.condition)
    card = Card(
        summary=f"{found}: {_told(gap, refuted=refuted)}",
        indicator=advice.indicator,
        source=cited(advice.guideline, topic=f"Undocumented{gap.topic}"),
        detail=detail(
            advice.text, evidence_table(measurements), remarks=remarks_of(evidence.facts)
        ),
    )
    if refuted:
        return card
    suggestions = advice.suggestions(patient, reason=found, because=measurements)
    return offering(card, *suggestions, *_further(patient, gap, evidence, advice=advice))


def _told(gap: Gap, *, refuted: bool) -> str:
    name = label(gap.condition).lower()
    return f"{name} is refuted on the problem list" if refuted else f"no record of {name}"


def _further(
    patient: Assessed, gap: Gap, evidence: Evidence, *, advice: Advice
) -> Iterator[Suggestion]:
    in_place = gap.measured and patient.fact(gap.measured).value is not None
    if advice.due and gap.action and not in_place:
        yield suggest(gap.action, patient, reason=evidence.met.note, because=evidence.measurements)
