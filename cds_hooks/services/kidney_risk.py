"""Kidney failure, KDIGO stage and its course, where they call for a referral or a test."""

from collections.abc import Iterator

from cds_hooks.clinical.actions import offering, suggest
from cds_hooks.clinical.advice import Advice
from cds_hooks.clinical.kidney_course import KidneyCourse, kidney_course, recent_injury, staging
from cds_hooks.clinical.kidney_failure import failure_risk, failure_text, referral, require_steady
from cds_hooks.engine.card_text import cited, detail, inputs_table, remarks_of
from cds_hooks.engine.finding import Finding
from cds_hooks.engine.patient import Assessed, Risk
from cds_hooks.engine.service import service
from cds_hooks.protocol.cards import Card
from predictors.predictor import Input, Kind, Prediction
from predictors.scores.ckd_criteria import ckd_criteria
from predictors.scores.ckd_epi_2021 import ckd_epi_2021
from predictors.scores.egfr_slope import egfr_slope
from predictors.scores.kdigo_aki import kdigo_aki
from predictors.scores.kdigo_ckd import kdigo_ckd
from predictors.scores.kfre import kfre_4

EGFR = Input("egfr", Kind.VALUE, "mL/min/{1.73_m2}", derived_by=ckd_epi_2021)
RECORD = "record-chronic-kidney-disease"


@service(
    "kidney-risk",
    title="Kidney risk",
    usage_requirements="Needs creatinine, also of earlier years, and urine albumin/creatinine.",
    uses=(kfre_4, kdigo_ckd, ckd_criteria, egfr_slope, kdigo_aki),
    also=(EGFR, Input("uacr", Kind.VALUE, "mg/g{creat}"), "ckd", "aki"),
    excluded=("dialysis", "kidney_transplant", "pregnancy", "palliative"),
    required=("patient", "conditions"),
)
def kidney_risk(patient: Assessed) -> Iterator[Finding]:
    """Predicts kidney failure and stages kidney disease, when a referral or a test is due."""
    require_steady(patient)
    failure, course = failure_risk(patient), kidney_course(patient)
    if course.unconfirmed and recent_injury(patient):
        return
    if failure and (due := referral(patient, failure)):
        found, five = failure_text(failure), failure["kidney failure within 5 years"]
        yield _card(patient, course, due=due, found=found, about=five, risk=failure)
    elif called := staging(patient, course):
        due, about, found = called
        yield _card(patient, course, due=due, found=found, about=about)


def _card(
    patient: Assessed,
    course: KidneyCourse,
    *,
    due: Advice,
    found: str,
    about: Prediction,
    risk: Risk | None = None,
) -> Finding:
    first = (course.unconfirmed if risk else None) or due
    shown = inputs_table(risk, about) if risk else course.results
    said = f"{found}, KDIGO {course.stage}" + (f", {first.band.name}" if first is not due else "")
    card = Card(
        summary=said,
        indicator=first.indicator,
        source=cited(due.guideline, topic="KidneyRisk"),
        detail=detail(
            *dict.fromkeys((first.text, due.text, course.text, shown)),
            remarks=remarks_of(course.facts),
        ),
    )
    ckd = patient.fact("ckd").basis
    further = (suggest(RECORD, patient, reason=said),) if course.unlisted else ()
    card = offering(card, *first.suggestions(patient, reason=said, because=ckd), *further)
    return Finding(card, due.over, about)
