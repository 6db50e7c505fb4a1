"""Cards of vital signs that no score covers: near death, coma, and in pregnancy."""

from collections.abc import Iterator, Mapping

from cds_hooks.clinical.actions import offering, suggest
from cds_hooks.clinical.lab_rules import proves
from cds_hooks.clinical.sources import Rule
from cds_hooks.clinical.vital_rules import VITALS
from cds_hooks.engine.card_text import (
    detail,
    label,
    measured,
    printed,
    remarks_of,
    sentence,
    source,
    timed,
)
from cds_hooks.engine.finding import Finding
from cds_hooks.engine.patient import Assessed
from cds_hooks.protocol.cards import Card, Indicator
from fhir_adapters.facts.facts import Fact, Implausible
from fhir_adapters.record import NoteCode
from predictors.predictor import Input, Kind
from predictors.scores import news2

BANDS: Mapping[str, tuple[tuple[float, float], ...]] = {
    "resp_rate": news2.RESP_RATE,
    "spo2": news2.SPO2_SCALE_1,
    "sbp": news2.SBP,
    "heart_rate": news2.HEART_RATE,
    "temperature": news2.TEMPERATURE,
}
COMA_SCORE = Input("gcs_total", Kind.VALUE, "{score}", window="acute")
CHECKS = {
    NoteCode.UNIT_UNKNOWN: "Check the unit",
    NoteCode.SUBJECT_UNKNOWN: "Check whose measurement this is",
    NoteCode.TIME_UNKNOWN: "Check when this was measured",
    NoteCode.FLAGGED: "Check this value, flagged without a number",
}
RED, MEDIUM, HIGH = 3, 5, 7
"""The points of one sign, and the sums, that call for a response."""


def vital_card(
    patient: Assessed,
    rule: Rule,
    *facts: Fact,
    found: str,
    also: str = "",
    indicator: Indicator | None = None,
) -> Card:
    """The card of a rule of vital signs; `indicator` is the rule's own unless given."""
    read = VITALS.source(rule)
    card = Card(
        summary=found,
        indicator=indicator or rule.indicator or "info",
        source=source(read.cited, topic=rule.topic, url=read.url),
        detail=detail(f"**{sentence(rule.advice)}.**", also, remarks=remarks_of(facts)),
    )
    because = tuple(item for fact in facts for item in fact.basis)
    return offering(
        card, *(suggest(k, patient, reason=found, because=because) for k in rule.actions)
    )


def near_death(patient: Assessed) -> Iterator[Finding]:
    """Each vital sign that is not used and would be an emergency if it were true.

    It is beyond the plausible range, or it is not known in what unit or whose it is.
    """
    for name in BANDS:
        values = patient.fact(name).implausible
        newest = [each for each in values if each.when == values[0].when]
        if value := next((each for each in newest if _is_emergency(name, each)), None):
            told = value.sent or f"{value.value:g} {printed(value.unit)}".strip()
            check = CHECKS.get(value.why, VITALS.peri_arrest.finding)
            time = value.when.text[:16].replace("T", " ")
            found = f"{check}: {label(name)} {told}, {time}"
            yield Finding(vital_card(patient, VITALS.peri_arrest, found=found), over=2.0)


def coma(patient: Assessed) -> Iterator[Finding]:
    """That the coma score is 8 or less, unless it is the usual one or the patient is ventilated."""
    rule, score = VITALS.coma, patient.fact(COMA_SCORE.name)
    if patient.fact("avpu").value == "reduced" and proves(score, "<=", rule.limit):
        found = f"{rule.finding}: {label(score.name)} {measured(score)}, {timed(score)}"
        yield Finding(vital_card(patient, rule, score, found=found), over=2.0)


def maternity(patient: Assessed) -> Iterator[Finding]:
    """That NEWS2 does not hold, where the vital signs would call for a response in others."""
    points = {name: _points(name, patient.fact(name)) for name in BANDS}
    avpu = patient.fact("avpu")
    points["avpu"] = RED if avpu.value not in (None, "alert") else 0.0
    total, most = sum(points.values()), max(points.values())
    if total < MEDIUM and most < RED:
        return
    signs = [patient.fact(name) for name, given in points.items() if given]
    also = "; ".join(f"{label(each.name)} {measured(each)}, {timed(each)}" for each in signs) + "."
    rule = VITALS.maternity
    indicator: Indicator = "critical" if total >= HIGH else "warning"
    card = vital_card(
        patient,
        rule,
        *signs,
        found=f"Abnormal vital signs: {rule.finding}",
        also=also,
        indicator=indicator,
    )
    yield Finding(card, over=max(total / MEDIUM, 1.0))


def _points(name: str, fact: Fact) -> float:
    value = fact.value
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0.0
    return next(points for limit, points in BANDS[name] if value <= limit)


def _is_emergency(name: str, value: Implausible) -> bool:
    # A saturation of 0.97 % is a fraction under the wrong unit.
    if value.value < 0 or (name == "spo2" and 0 < value.value <= 1):
        return False
    return next(points for limit, points in BANDS[name] if value.value <= limit) >= RED
