"""FHIR R4B RiskAssessments: every assessment that a service made of a chart, refusals included.

They are made in the order of FHIR's elements, and a test holds them against the classes of
fhir.resources: to build each by those takes longer than to assess a patient.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import TypeAlias
from uuid import NAMESPACE_URL, uuid5

from cds_hooks.engine.card_text import RESEARCH, SCALES, escape, printed, remarks
from cds_hooks.engine.chart import Chart
from cds_hooks.engine.evaluation import Assessment, Evaluation, asked, predictor_of
from cds_hooks.engine.patient import Risk
from cds_hooks.engine.service import Service
from fhir_adapters.record import Person
from predictors.predictor import Prediction, Predictor, Refusal

Resource: TypeAlias = dict[str, object]

PREDICTORS = "https://cds-hooks-server.internal/CodeSystem/predictor"
UCUM = "http://unitsofmeasure.org"


def risk_assessments(evaluation: Evaluation, chart: Chart) -> Iterator[Resource]:
    """One resource for each assessment: `final`, or `cancelled` where it was refused.

    A refusal is a RiskAssessment as well, because it belongs to the patient, as an OperationOutcome
    cannot. Its id is the same whenever the same assessment is made again.
    """
    for assessment in evaluation.assessments:
        made = {
            "resourceType": "RiskAssessment",
            **_identity(evaluation.service, chart, assessment),
            **_found(assessment, chart.as_of),
        }
        yield {name: value for name, value in made.items() if value is not None}


def _identity(service: Service, chart: Chart, assessment: Assessment) -> Resource:
    named = (chart.context.patient_id, service.id, asked(assessment), chart.as_of.isoformat())
    predictor = predictor_of(service, assessment)
    encounter_id = chart.context.encounter_id
    return {
        "id": str(uuid5(NAMESPACE_URL, "|".join(named))),
        "status": "cancelled" if isinstance(assessment, Refusal) else "final",
        "method": _method(predictor) if predictor else None,
        "code": {"text": service.title},
        "subject": {"reference": f"Patient/{chart.context.patient_id}"},
        "encounter": {"reference": f"Encounter/{encounter_id}"} if encounter_id else None,
        "occurrenceDateTime": _instant(chart.as_of),
        "performer": {"type": "Device", "display": f"CDS Hooks service {service.id}"},
    }


def _instant(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def _found(assessment: Assessment, as_of: datetime) -> Resource:
    if isinstance(assessment, Refusal):
        return {"note": _notes(escape(reason.text) for reason in assessment.reasons)}
    return _result(assessment, as_of)


def _method(predictor: Predictor) -> Resource:
    coding = {
        "system": PREDICTORS,
        "version": predictor.version,
        "code": predictor.name,
        "display": predictor.title,
    }
    return {"coding": [coding], "text": f"{predictor.title}, {predictor.version}"}


def _result(risk: Risk, as_of: datetime) -> Resource:
    risk = risk.explained()
    return {
        "basis": [{"reference": each} for each in _basis(risk)] or None,
        "prediction": [_prediction(risk, each, as_of) for each in risk.assessment.predictions],
        "note": _notes(remarks(risk, converted=True)),
    }


def _basis(risk: Risk) -> list[str]:
    """What the facts rest on, by reference; the Patient is the subject already."""
    references = {
        item.source.reference
        for fact in risk.facts.values()
        for item in fact.basis
        if not isinstance(item, Person)
    }
    return sorted(each for each in references if "/" in each or each.startswith("urn:"))


def _prediction(risk: Risk, prediction: Prediction, as_of: datetime) -> Resource:
    probability = _probability(prediction, as_of) if prediction.unit == "1" else {}
    return {
        "outcome": {"text": prediction.outcome},
        **probability,
        "rationale": "; ".join(_rationale(risk, prediction)),
    }


def _probability(prediction: Prediction, as_of: datetime) -> Resource:
    """A percentage, as R4B has it, and the time it is for: without one it would be a lifetime."""
    period = {"start": _instant(as_of), "end": _instant(_until(prediction, as_of))}
    if prediction.certain:
        return {"probabilityDecimal": _percentage(prediction.value), "whenPeriod": period}
    span = {"low": _quantity(prediction.low), "high": _quantity(prediction.high)}
    return {"probabilityRange": span, "whenPeriod": period}


def _rationale(risk: Risk, prediction: Prediction) -> Iterator[str]:
    """The number where it is no probability, what it means, and what each input adds to it."""
    if prediction.unit != "1":
        yield f"{_span(prediction)} {printed(prediction.unit)}".strip()
    if prediction.note:
        yield prediction.note
    added = [(risk.label(part.input), part.amount) for part in prediction.contributions]
    terms = [
        f"{name} {amount:+.4g}"
        for name, amount in (("baseline", prediction.baseline), *added)
        if amount
    ]
    if terms:
        yield f"{SCALES[prediction.link]}: {', '.join(terms)}"


def _span(prediction: Prediction) -> str:
    if prediction.certain:
        return f"{prediction.value:.4g}"
    return f"{prediction.low:.4g} to {prediction.high:.4g}"


def _quantity(probability: float) -> Mapping[str, object]:
    return {"value": _percentage(probability), "unit": "%", "system": UCUM, "code": "%"}


def _percentage(probability: float) -> float:
    return round(probability * 100, 4)


def _until(prediction: Prediction, as_of: datetime) -> datetime:
    return _after(as_of, prediction.years) + timedelta(hours=prediction.hours)


def _after(moment: datetime, years: int) -> datetime:
    """The same day of a later year; of the 29th of February the 28th where there is none."""
    year = moment.year + years
    try:
        return moment.replace(year=year)
    except ValueError:
        return moment.replace(year=year, day=28)


def _notes(lines: Iterator[str]) -> list[Resource]:
    return [{"text": line} for line in (*lines, RESEARCH)]
