"""What one result alone does not show: falls, rises, and a troponin against its own limit."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from cds_hooks.clinical.critical_results import good, taken_at, value_of
from cds_hooks.clinical.kidney_injury import is_falling, is_recorded_now
from cds_hooks.clinical.lab_cards import result, rule_card
from cds_hooks.clinical.lab_rules import RULES, beyond
from cds_hooks.clinical.sources import Rule
from cds_hooks.engine.card_text import measured, timed
from cds_hooks.engine.finding import Finding
from cds_hooks.engine.patient import Assessed
from fhir_adapters.facts.facts import Fact
from fhir_adapters.record import Measurement
from predictors.predictor import NotAssessed
from predictors.scores.kdigo_aki import kdigo_aki

FALL = timedelta(days=2)
"""Within which time a fall of haemoglobin counts; the source names no time."""

SEVERE = 3
RECORD = "record-acute-kidney-injury"

SERIAL = timedelta(hours=24)
"""Within which time two troponins are compared."""


def hemoglobin_fall(patient: Assessed) -> Iterator[Finding]:
    """A fall of haemoglobin that is that of a major bleeding, if there is bleeding."""
    rule = RULES.hemoglobin_fall
    limit = patient.threshold("hemoglobin-fall", rule.limit)
    results = _recent(patient, "hemoglobin", FALL)
    if not results:
        return
    now, highest = results[0], max(results, key=value_of)
    fall = value_of(highest) - value_of(now)
    if round(fall, 3) >= limit:
        found = f"{rule.finding} by {fall:.1f} g/dL: {result(now)}"
        also = f"Before: {measured(highest)}, {timed(highest)}."
        yield Finding(rule_card(patient, rule, now, highest, found=found, also=also), fall / limit)


def troponin(patient: Assessed, concept: str) -> Iterator[Finding]:
    """A troponin far above the limit that it states itself, or above it and changing."""
    results = _recent(patient, concept, SERIAL)
    upper = _stated_limit(results[0]) if results else None
    if upper is None or value_of(results[0]) <= upper or results[0].bound.startswith("<"):
        return
    now, times, changed = results[0], value_of(results[0]) / upper, _change(results[0], results[1:])
    told = f"Its reference limit is {upper:g} ng/L."
    for key, amount in (("far-above", times), ("changing", changed)):
        rule = RULES.troponin[key]
        limit = patient.threshold(f"troponin-{key}", rule.limit)
        if amount > limit or (key == "changing" and amount >= limit):
            yield _troponin_finding(patient, rule, now, also=told, over=beyond(now, upper))
            return


def acute_kidney_injury(patient: Assessed) -> Iterator[Finding | NotAssessed]:
    """Acute kidney injury by creatinine; what is recorded of this episode is not offered again."""
    try:
        stage, baseline = patient.risk(kdigo_aki).assessment.predictions
    except NotAssessed as refusal:
        yield refusal
        return
    if stage.low < 1:
        return
    rule, creatinine = RULES.kidney_injury, patient.history("creatinine")[0]
    recorded = is_recorded_now(patient)
    critical = stage.low >= SEVERE and not is_falling(patient)
    card = rule_card(
        patient,
        rule,
        creatinine,
        found=f"{rule.finding}: KDIGO stage {stage.value:g}, {result(creatinine)}",
        also=f"Creatinine: {stage.note}, {baseline.value:.2g} mg/dL ({baseline.note}).",
        indicator="critical" if critical else "warning",
        actions=tuple(each for each in rule.actions if each != RECORD or not recorded),
    )
    yield Finding(card, stage.value, about=stage)


def _troponin_finding(
    patient: Assessed, rule: Rule, now: Fact, *, also: str, over: float
) -> Finding:
    found = f"{rule.finding}: {result(now)}"
    return Finding(rule_card(patient, rule, now, found=found, also=also), over)


def _recent(patient: Assessed, concept: str, within: timedelta) -> tuple[Fact, ...]:
    """The newest good result, if it is recent, and those within that time before it."""
    results = good(patient.history(concept))
    if not results or patient.as_of - taken_at(results[0]) > within:
        return ()
    return tuple(each for each in results if taken_at(results[0]) - taken_at(each) <= within)


def _change(now: Fact, before: Sequence[Fact]) -> float:
    """The greatest relative change from an earlier value; 0 without one."""
    changes = [abs(value_of(now) / value_of(each) - 1) for each in before if value_of(each)]
    return round(max(changes, default=0.0), 3)


def _stated_limit(fact: Fact) -> float | None:
    """The upper reference limit that came with the result."""
    measurements = (each for each in fact.basis if isinstance(each, Measurement))
    return next((each.upper for each in measurements), None)
