"""What the services make of a patient, as text for a person: every assessment, and the cards."""

from collections.abc import Iterable, Iterator
from textwrap import indent

from cds_hooks.engine.card_text import points, printed, span
from cds_hooks.engine.chart import Chart
from cds_hooks.engine.evaluation import Assessment, Evaluation, predictor_of
from cds_hooks.engine.service import Service
from predictors.predictor import Prediction, Refusal


def report(name: str, evaluations: Iterable[tuple[Chart, Evaluation]]) -> str:
    """A paragraph a service, under the name of the patient's file."""
    paragraphs = (_service(evaluation) for _, evaluation in evaluations)
    return "\n".join([name, *(indent(each, "  ") for each in paragraphs)])


def _service(evaluation: Evaluation) -> str:
    service = evaluation.service
    said = [assessment_line(service, each) for each in evaluation.assessments]
    return "\n".join([service.title, *(f"  {line}" for line in (*said, *_cards(evaluation)))])


def assessment_line(service: Service, assessment: Assessment) -> str:
    """One assessment on a line: what it came to, or why it was refused."""
    predictor = predictor_of(service, assessment)
    name = f"{predictor.title}: " if predictor else ""
    if isinstance(assessment, Refusal):
        return f"{name}not assessed: {'; '.join(reason.text for reason in assessment.reasons)}"
    return name + ", ".join(map(_prediction, assessment.assessment.predictions))


def _prediction(prediction: Prediction) -> str:
    if prediction.unit == "1":
        return f"{prediction.outcome} {span(prediction)}"
    note = f" ({prediction.note})" if prediction.note else ""
    return f"{prediction.outcome} {points(prediction)} {printed(prediction.unit)}".strip() + note


def _cards(evaluation: Evaluation) -> Iterator[str]:
    cards = (finding.card for finding in evaluation.findings)
    return (f"[{card.indicator.upper()}] {card.summary}" for card in cards)
