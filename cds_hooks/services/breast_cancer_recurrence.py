"""Recurrence in the 5 years after surgery for breast cancer, by a Cox model, beside the NPI."""

from collections.abc import Iterator
from datetime import timedelta

from cds_hooks.clinical.actions import offering, suggest
from cds_hooks.clinical.breast_markers import MARKERS, markers_card
from cds_hooks.clinical.model_cards import alert_of, comparator, in_subgroup, model_detail
from cds_hooks.engine.card_text import computed, percent, taken
from cds_hooks.engine.finding import Finding
from cds_hooks.engine.patient import Assessed, Risk
from cds_hooks.engine.service import service
from cds_hooks.protocol.cards import Card
from predictors.models.breast_cancer_recurrence import breast_cancer_recurrence
from predictors.predictor import Prediction
from predictors.scores.npi import npi

AFTER_SURGERY = timedelta(days=365)
"""The risk counts from surgery, which the pathologist's count of nodes dates."""
YOUNG = 40


@service(
    "breast-cancer-recurrence",
    title="Breast cancer recurrence",
    usage_requirements=(
        "Needs breast cancer on the problem list and the pathology of the operation as coded "
        "Observations (size, grade, positive nodes, receptors), and the medication list. Off "
        "outside the demo until the site turns it on: the cohort is of 1978-93, before "
        "trastuzumab. Validate it on your own patients, then run it silent, first."
    ),
    uses=(breast_cancer_recurrence, npi),
    also=MARKERS,
    eligible="breast_cancer",
    excluded=("metastatic", "palliative"),
    youngest=24,
    oldest=90,
    required=("patient", "conditions"),
    off_by_default=True,
    thresholds=("high",),
)
def breast_recurrence(patient: Assessed) -> Iterator[Finding]:
    """Shows a high risk of recurrence or death in the 5 years after surgery for breast cancer."""
    risk = patient.risk(breast_cancer_recurrence)
    alert = alert_of(patient, risk, at="high")
    if alert is None or not _operated_lately(patient, risk):
        return
    likely, years = percent(alert.prediction.value), alert.prediction.years
    found = f"Breast cancer: {likely} risk of recurrence or death in {years} years"
    card = Card(
        summary=found,
        indicator="info",
        source=computed(breast_cancer_recurrence, topic="BreastCancerRecurrence"),
        detail=model_detail(
            risk,
            per="women",
            alert=alert.sentence,
            beside=comparator(patient, npi, name="Nottingham Prognostic Index", told=_grouped),
            limits=_under_40(risk),
        ),
    )
    review = suggest("breast-cancer-team-review", patient, reason=found)
    yield Finding(offering(card, review), alert.over, about=alert.prediction)
    if markers := markers_card(patient):
        yield Finding(markers, over=0.0)


def _operated_lately(patient: Assessed, risk: Risk) -> bool:
    counted = taken(risk.facts["nodes_positive"])
    return counted is not None and patient.as_of - counted.earliest <= AFTER_SURGERY


def _under_40(risk: Risk) -> str:
    if float(str(risk.assessment.inputs["age"])) >= YOUNG:
        return ""
    return in_subgroup(risk, "age=20-39", saying="Under 40 little is known", per="women")


def _grouped(index: Prediction) -> str:
    return f"{index.value:.1f}, {index.note}"
