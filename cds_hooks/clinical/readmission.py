"""What the services of readmission share: the model that is asked, and when it alerts."""

from cds_hooks.clinical.model_cards import Alert, alert_of, in_subgroup
from cds_hooks.engine.patient import Assessed, Risk
from predictors.models.readmission_risk import readmission_risk
from predictors.models.readmission_risk_planned import readmission_risk_planned
from predictors.predictor import Input, Kind, Predictor

DISPOSITION = Input("discharge_disposition", Kind.ENCOUNTER)

OLD = 80
"""Age in years from which the models rank less well."""

MODELS = (readmission_risk, readmission_risk_planned)
"""Before the discharge is planned, and after; what a service that asks either declares."""


def alert_with_diabetes(patient: Assessed, *, at: str) -> tuple[Risk, Alert] | None:
    """The risk of a patient with diabetes and its alert at that threshold; None without either."""
    if not patient.recorded("diabetes"):
        return None
    risk = patient.risk(_model_of_this_moment(patient))
    alert = alert_of(patient, risk, at=at)
    return (risk, alert) if alert else None


def _model_of_this_moment(patient: Assessed) -> Predictor:
    """The model that counts where the patient goes, once that is planned."""
    planned = patient.read(DISPOSITION).value is not None
    return readmission_risk_planned if planned else readmission_risk


def from_80(risk: Risk) -> str:
    """How much less well patients of 80 years and over were ranked; "" for the younger."""
    if float(str(risk.assessment.inputs["age"])) < OLD:
        return ""
    saying = "From 80 years on it ranks less well"
    return in_subgroup(risk, "age=80 and over", saying=saying, per="patients")
