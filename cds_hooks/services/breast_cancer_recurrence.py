"""Recurrence in the 5 years after surgery for breast cancer, by a trained model, beside the NPI."""

from collections.abc import Iterator
from datetime import timedelta

from cds_hooks.actions import offering, suggest
from cds_hooks.cards import Card
from cds_hooks.explain import computed, percent, taken
from cds_hooks.finding import Finding
from cds_hooks.model_cards import alert, manifest_of, model_detail
from cds_hooks.patient import Assessed, Risk
from cds_hooks.service import service
from predictors.models.breast_cancer_recurrence import OUTCOME, breast_cancer_recurrence
from predictors.predictor import NotAssessed
from predictors.scores.npi import npi

AFTER_SURGERY = timedelta(days=365)
"""The risk counts from surgery, which the pathologist's count of nodes dates."""


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
    eligible="breast_cancer",
    excluded=("metastatic", "palliative"),
    youngest=24,
    oldest=90,
    required=("patient", "conditions"),
    off_by_default=True,
)
def breast_recurrence(patient: Assessed) -> Iterator[Finding]:
    """Shows a high risk of recurrence or death in the 5 years after surgery for breast cancer."""
    risk = patient.risk(breast_cancer_recurrence)
    prediction = risk[OUTCOME]
    budget = manifest_of(risk).threshold("high")
    shown_from = patient.threshold("high", budget.risk)
    if prediction.value < shown_from or not _operated_lately(patient, risk):
        return
    found = (
        f"Breast cancer: {percent(prediction.value)} risk of recurrence or death in "
        f"{prediction.years} years"
    )
    card = Card(
        summary=found,
        indicator="info",
        source=computed(breast_cancer_recurrence, topic="BreastCancerRecurrence"),
        detail=model_detail(
            risk, per="women", alert=alert(budget, shown_from), beside=_beside(patient)
        ),
    )
    review = suggest("breast-cancer-team-review", patient, reason=found)
    yield Finding(offering(card, review), prediction.value / shown_from)


def _operated_lately(patient: Assessed, risk: Risk) -> bool:
    counted = taken(risk.facts["nodes_positive"])
    return counted is not None and patient.as_of - counted.earliest <= AFTER_SURGERY


def _beside(patient: Assessed) -> str:
    try:
        index = patient.risk(npi)["NPI"]
    except NotAssessed:
        return ""
    return f"Nottingham Prognostic Index beside it: {index.value:.1f}, {index.note}."
