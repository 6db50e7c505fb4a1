"""Stroke risk in atrial fibrillation, and mechanical valves without an anticoagulant."""

from collections.abc import Iterator
from contextlib import suppress

from cds_hooks.clinical.actions import offering
from cds_hooks.clinical.advice import advise
from cds_hooks.clinical.stroke_prevention import ASKED, PLATELETS, against, choice, yearly_rate
from cds_hooks.clinical.stroke_risk import bleeding, guideline, is_over, require_rhythm
from cds_hooks.clinical.valve_anticoagulation import unprotected_valve
from cds_hooks.engine.card_text import cited, detail, inputs_table, points, remarks
from cds_hooks.engine.finding import Finding
from cds_hooks.engine.patient import Assessed
from cds_hooks.engine.service import service
from cds_hooks.protocol.cards import Card
from predictors.predictor import NotAssessed
from predictors.scores.cha2ds2_va import cha2ds2_va, cha2ds2_vasc
from predictors.scores.has_bled import has_bled


@service(
    "af-stroke-risk",
    title="Stroke risk in atrial fibrillation",
    usage_requirements="Needs the problem list; the medication list decides whether a card is due.",
    uses=(cha2ds2_va, cha2ds2_vasc, has_bled),
    also=(
        *("anticoagulant", "atrial_fibrillation", "hypertrophic_cardiomyopathy"),
        *("cardiac_amyloidosis", "pregnancy", "palliative", "comfort_measures"),
        *ASKED,
        PLATELETS,
    ),
    required=("patient", "conditions"),
)
def af_stroke_risk(patient: Assessed) -> Iterator[Finding]:
    """Scores stroke risk (CHA2DS2-VA) in atrial fibrillation without an anticoagulant.

    A mechanical heart valve without an anticoagulant is an emergency of its own.
    """
    yield from unprotected_valve(patient)
    require_rhythm(patient)
    risk = patient.risk(cha2ds2_va)
    score = risk.assessment.predictions[0]
    advice = advise(patient, guideline(patient, score), prediction=score, unless="anticoagulant")
    if advice is None:
        return
    reasons = dict(against(patient))
    listed = "anticoagulation unclear" if advice.doubt else "no anticoagulant on the list"
    found = f"CHA2DS2-VA {points(score)}, {listed}"
    over = ", recorded as over" if is_over(patient) else ""
    but = f"; against it: {', '.join(reasons)}" if reasons else ""
    card = Card(
        summary=f"Atrial fibrillation{over}: {found}{but}",
        indicator="info" if reasons else advice.indicator,
        source=cited(advice.guideline, topic="AfStrokeRisk"),
        detail=detail(
            advice.text,
            " ".join(
                f"**Against it**: {x}: {row.advice} ({row.cited})." for x, row in reasons.items()
            ),
            inputs_table(risk, score),
            remarks=(
                *(() if reasons else choice(patient)),
                *yearly_rate(score),
                *_with_sex(patient),
                *remarks(risk),
                *_stopped(patient),
                *bleeding(patient),
            ),
        ),
    )
    af = patient.fact("atrial_fibrillation").basis
    card = offering(card, *advice.suggestions(patient, reason=found, because=af))
    yield Finding(card, advice.over, about=score)


def _with_sex(patient: Assessed) -> Iterator[str]:
    with suppress(NotAssessed):
        score = patient.risk(cha2ds2_vasc).assessment.predictions[0]
        yield f"CHA2DS2-VASc, with sex: {points(score)}"


def _stopped(patient: Assessed) -> Iterator[str]:
    yield from (f"Anticoagulant: {note.text}" for note in patient.fact("anticoagulant").notes)
