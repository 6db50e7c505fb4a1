"""Whether measurements meet the criteria of a condition that the problem list does not hold."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from cds_hooks.clinical.kidney_course import recent_injury
from cds_hooks.clinical.lab_rules import proves
from cds_hooks.engine.card_text import since
from cds_hooks.engine.eligibility import listed
from cds_hooks.engine.patient import Assessed, Risk
from fhir_adapters.facts.facts import Fact
from fhir_adapters.record import Measurement, RecordedCondition
from fhir_adapters.terminology import value_sets
from predictors.criteria import MET, SINCE
from predictors.predictor import Input, Kind, NotAssessed, Prediction, Predictor, Problem, Reason
from predictors.scores.ckd_criteria import ckd_criteria
from predictors.scores.diabetes_criteria import LOW_HEMOGLOBIN, diabetes_criteria
from predictors.scores.fh_criteria import fh_criteria
from predictors.scores.hypertension_criteria import hypertension_criteria

YEAR = timedelta(days=366)

UNRELIABLE = ("anemia", "dialysis", "esa")
"""With these HbA1c does not make a diagnosis, nor with a measured haemoglobin that is low."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A condition and its criteria, what else may be done, and which drugs hide it.

    `action` is a key of `actions.toml`, offered unless `measured` is; `treatment` is the
    medication class under which the measurements do not tell, `hidden_by` another.
    """

    condition: str
    criteria: Predictor
    topic: str
    action: str = ""
    measured: str = ""
    treatment: str = ""
    hidden_by: str = ""


FH = "familial_hypercholesterolemia"
GAPS = (
    Gap("diabetes", diabetes_criteria, "Diabetes"),
    Gap(
        FH,
        fh_criteria,
        "SevereLdl",
        "record-familial-hypercholesterolemia",
        treatment="statin",
        hidden_by="lipid_lowering",
    ),
    Gap("ckd", ckd_criteria, "KidneyDisease", "urine-albumin", measured="uacr"),
    Gap("hypertension", hypertension_criteria, "Hypertension", "record-hypertension"),
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """Which criteria the patient meets, and the facts and measurements that count for them."""

    risk: Risk
    facts: tuple[Fact, ...]

    @property
    def met(self) -> Prediction:
        """How many criteria are met, or results count."""
        return self.risk[MET]

    @property
    def measurements(self) -> tuple[Measurement, ...]:
        """Every measurement of what counts, since the first that does."""
        days = self.risk[SINCE].value
        return tuple(item for fact in self.facts for item in since(fact, days))


def newest_of(gaps: Iterable[Gap]) -> Iterator[Input]:
    """The newest value of every series that the criteria read."""
    for gap in gaps:
        for each in gap.criteria.inputs:
            if each.kind is Kind.SERIES:
                yield Input(each.name, Kind.VALUE, each.unit)


def evidence_of(patient: Assessed, gap: Gap) -> Evidence:
    """What counts towards the criteria.

    Raises NotAssessed if the problem list may hold the condition, if the patient may be pregnant,
    if the newest result is only known to be low, or if the criteria cannot be applied.
    """
    _refuse(gap, listed(patient, gap.condition) or _pregnant(patient) or _explained(patient, gap))
    risk = patient.risk(gap.criteria)
    counting = [part.input for part in risk[MET].contributions if part.amount > 0]
    for name in counting:
        _refuse(gap, _undone(patient.fact(name)))
    return Evidence(risk, tuple(risk.facts[name] for name in counting))


def unsettled(gap: Gap, evidence: Evidence) -> NotAssessed:
    """That the criteria may or may not be met, depending on what is not known."""
    risk = evidence.risk
    unknown = ", ".join(map(risk.label, risk.assessment.varied))
    text = f"whether the criteria are met depends on what is not known: {unknown}"
    reasons = (Reason(risk.assessment.varied[0], Problem.TOO_UNCERTAIN, text),)
    return NotAssessed(gap.criteria.name, reasons)


def _refuse(gap: Gap, reason: Reason | None) -> None:
    if reason is not None:
        raise NotAssessed(gap.criteria.name, (reason,))


def _pregnant(patient: Assessed) -> Reason | None:
    doubt = patient.doubt("pregnancy")
    return Reason("pregnancy", Problem.TOO_UNCERTAIN, f"Pregnancy: {doubt}") if doubt else None


def _explained(patient: Assessed, gap: Gap) -> Reason | None:
    """What explains the measurements otherwise: a drug, or an acute injury."""
    if gap.hidden_by and patient.recorded(gap.hidden_by):
        text = f"{value_sets.label(gap.hidden_by)} is on the list"
        return Reason(gap.hidden_by, Problem.NOT_APPLICABLE, text)
    if gap.condition == "ckd" and recent_injury(patient):
        text = "acute kidney injury was recorded within 90 days"
        return Reason("aki", Problem.NOT_APPLICABLE, text)
    return None


def _after_pregnancy(patient: Assessed) -> bool:
    """Whether gestational diabetes is recorded within a year, whose results are no diagnosis."""
    entries = patient.fact("gestational_diabetes").basis
    dates = [e.onset or e.recorded for e in entries if isinstance(e, RecordedCondition)]
    return any(when is None or when.latest >= patient.as_of - YEAR for when in dates)


def _undone(newest: Fact) -> Reason | None:
    """A series leaves out what is only a bound, and "<3" may undo what came before it."""
    if not newest.bound.startswith("<"):
        return None
    text = f"{value_sets.label(newest.name)}: the newest result is known only as a bound"
    return Reason(newest.name, Problem.TOO_UNCERTAIN, text)


def variant(patient: Assessed, condition: str) -> str:
    """The end of a guideline's key: whose definition holds, what makes a test unreliable."""
    if condition == "hypertension":
        return f"{condition}-{patient.site.hypertension_definition}"
    if condition != "diabetes":
        return condition.replace("_", "-")
    if _after_pregnancy(patient):
        return f"{condition}-after-pregnancy"
    if patient.recorded("glucocorticoid"):
        return f"{condition}-on-glucocorticoids"
    low = proves(patient.fact("hemoglobin"), "<", LOW_HEMOGLOBIN)
    unreliable = low or any(map(patient.recorded, UNRELIABLE))
    return f"{condition}-hba1c-unreliable" if unreliable else condition
