"""Stroke risk in atrial fibrillation, and the anticoagulation review it calls for."""

from collections.abc import Iterator
from contextlib import suppress

from cds_hooks.clinical.actions import offering
from cds_hooks.clinical.advice import advise
from cds_hooks.engine.card_text import cited, detail, inputs_table, points, remarks
from cds_hooks.engine.finding import Finding
from cds_hooks.engine.patient import Assessed
from cds_hooks.engine.service import service
from cds_hooks.protocol.cards import Card
from predictors.predictor import NotAssessed
from predictors.scores.cha2ds2_va import cha2ds2_va, cha2ds2_vasc
from predictors.scores.has_bled import MODIFIABLE, has_bled


@service(
    "af-stroke-risk",
    title="Stroke risk in atrial fibrillation",
    usage_requirements="Needs the problem list; the medication list decides whether a card is due.",
    uses=(cha2ds2_va, cha2ds2_vasc, has_bled),
    also=("anticoagulant",),
    eligible="atrial_fibrillation",
    excluded=(
        "mechanical_valve",
        "valve_prosthesis_unknown",
        "mitral_stenosis",
        "pregnancy",
        "palliative",
    ),
    required=("patient", "conditions"),
)
def af_stroke_risk(patient: Assessed) -> Iterator[Finding]:
    """Scores stroke risk (CHA2DS2-VA) in atrial fibrillation without an anticoagulant."""
    risk = patient.risk(cha2ds2_va)
    score = risk.assessment.predictions[0]
    advice = advise(patient, "cha2ds2-va", prediction=score, unless="anticoagulant")
    if advice is None:
        return
    listed = "anticoagulation unclear" if advice.doubt else "no anticoagulant on the list"
    found = f"CHA2DS2-VA {points(score)}, {listed}"
    card = Card(
        summary=f"Atrial fibrillation: {found}",
        indicator=advice.indicator,
        source=cited(advice.guideline, topic="AfStrokeRisk"),
        detail=detail(
            advice.text,
            inputs_table(risk, score),
            remarks=(*_with_sex(patient), *remarks(risk), *_bleeding(patient)),
        ),
    )
    af = patient.fact("atrial_fibrillation").basis
    card = offering(card, *advice.suggestions(patient, reason=found, because=af))
    yield Finding(card, advice.over, about=score)


def _with_sex(patient: Assessed) -> Iterator[str]:
    with suppress(NotAssessed):
        score = patient.risk(cha2ds2_vasc).assessment.predictions[0]
        yield f"CHA2DS2-VASc, which counts female sex: {points(score)}"


def _bleeding(patient: Assessed) -> Iterator[str]:
    """HAS-BLED's modifiable factors: something to mend, never a reason to withhold treatment."""
    try:
        risk = patient.risk(has_bled)
    except NotAssessed:
        return
    scored = {part.input for part in risk.assessment.predictions[0].contributions if part.amount}
    # One point is credited once: a second drug of the same point is named all the same.
    present = scored | {name for name, fact in risk.facts.items() if fact.value is True}
    if found := [risk.label(name) for name in MODIFIABLE if name in present]:
        yield f"Bleeding risk that can be modified: {', '.join(found)}"
    if unknown := [risk.label(name) for name in risk.assessment.missing]:
        yield f"Bleeding risk not known: {', '.join(unknown)}"
