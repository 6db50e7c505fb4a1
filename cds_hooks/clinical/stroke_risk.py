"""By which guideline an anticoagulant is advised in atrial fibrillation, and what may bleed."""

from collections.abc import Iterator

from cds_hooks.engine.card_text import points
from cds_hooks.engine.patient import Assessed
from fhir_adapters.record import NoteCode
from fhir_adapters.terminology import value_sets
from predictors.predictor import NotAssessed, Prediction, Problem, Reason
from predictors.scores.has_bled import MODIFIABLE, has_bled

CARDIOMYOPATHIES = ("hypertrophic_cardiomyopathy", "cardiac_amyloidosis")
NOT_ADVISED = ("pregnancy", "palliative")
"""Where the stroke risk score does not decide."""

BY_SCORE = {"esc-2024": "cha2ds2-va", "acc-aha-2023": "af-acc-aha-2023"}


def require_rhythm(patient: Assessed) -> None:
    """Raises NotAssessed where no atrial fibrillation was, in pregnancy and in palliative care."""
    if not patient.recorded("atrial_fibrillation") and not is_over(patient):
        name = value_sets.label("atrial_fibrillation")
        raise _not_applicable("atrial_fibrillation", f"{name}: no active record")
    for name in NOT_ADVISED:
        if patient.recorded(name):
            text = f"not applicable: {value_sets.label(name)} is recorded"
            raise _not_applicable(name, text)


def is_over(patient: Assessed) -> bool:
    """Whether atrial fibrillation is on the problem list only as over."""
    fact = patient.fact("atrial_fibrillation")
    return fact.value is not True and any(note.code is NoteCode.STALE for note in fact.notes)


def guideline(patient: Assessed, score: Prediction) -> str:
    """The key of the guideline that holds: some diseases call for treatment whatever the score."""
    if is_over(patient):
        return "af-recorded-over"
    if patient.recorded("mitral_stenosis"):
        return "af-mitral-stenosis"
    if score.low < 2 and any(map(patient.recorded, CARDIOMYOPATHIES)):
        return "af-cardiomyopathy"
    return BY_SCORE[patient.site.atrial_fibrillation_guideline]


def bleeding(patient: Assessed) -> Iterator[str]:
    """HAS-BLED and what of it can be modified: never a reason to withhold treatment."""
    try:
        risk = patient.risk(has_bled)
    except NotAssessed:
        return
    score = risk.assessment.predictions[0]
    scored = {part.input for part in score.contributions if part.amount}
    # One point is credited once: a second drug of the same point is named all the same.
    present = scored | {name for name, fact in risk.facts.items() if fact.value is True}
    if found := [risk.label(name) for name in MODIFIABLE if name in present]:
        yield f"Bleeding risk that can be modified: {', '.join(found)}"
    yield f"HAS-BLED {points(score)}"


def _not_applicable(name: str, text: str) -> NotAssessed:
    return NotAssessed("cha2ds2-va", (Reason(name, Problem.NOT_APPLICABLE, text),))
