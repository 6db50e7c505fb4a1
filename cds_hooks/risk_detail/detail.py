"""Everything there is to one risk: how it comes about, how it moved, what it rests on, how sure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from cds_hooks.engine.card_text import measured, remarks_of
from cds_hooks.engine.chart import Chart
from cds_hooks.engine.evaluation import Evaluation, evaluate
from cds_hooks.engine.patient import Risk
from cds_hooks.engine.service import Service
from cds_hooks.protocol.cards import Card
from cds_hooks.risk_detail.course import Point, measured_concepts, risk_course
from cds_hooks.risk_detail.inputs import ShownInput, shown_inputs
from cds_hooks.risk_detail.waterfall import Step, steps
from fhir_adapters.facts import facts
from fhir_adapters.record import Dropped
from predictors.manifest import Manifest, Observed
from predictors.predictor import Prediction, Predictor
from predictors.tree_model import model_of


@dataclass(frozen=True, slots=True)
class Explained:
    """One prediction of a risk, explained.

    `beside` are the other predictions that were made with it; `manifest` is the model's, None of a
    published score. `remarks` are what must be known of its inputs, `dropped` what was not used.
    """

    risk: Risk
    prediction: Prediction
    beside: tuple[Prediction, ...]
    steps: tuple[Step, ...]
    course: tuple[Point, ...]
    inputs: tuple[ShownInput, ...]
    remarks: tuple[str, ...]
    dropped: tuple[Dropped, ...]
    manifest: Manifest | None

    @property
    def predictor(self) -> Predictor:
        """What predicted it."""
        return self.risk.assessment.predictor

    @property
    def observed(self) -> Observed | None:
        """What was seen in validation at about this risk."""
        return self.manifest.observed_at(self.prediction.value) if self.manifest else None


@dataclass(frozen=True, slots=True)
class Detail:
    """What a service says of a chart now: the card of that topic, and the risk that it tells of.

    `who` is the patient in two words. Where there is no card now, or no risk, that is None;
    `refusals` say what could not be computed.
    """

    service: Service
    as_of: datetime
    who: str
    card: Card | None
    explained: Explained | None
    others: tuple[Risk, ...]
    refusals: tuple[str, ...]


def detail_of(chart: Chart, service: Service, *, topic: str = "") -> Detail:
    """Evaluates the service on the chart anew; `topic` is the card's ("": the most urgent's)."""
    evaluation = evaluate(service, chart)
    finding = evaluation.finding(topic)
    about = finding.about if finding else None
    risks = _risks(evaluation, about)
    # A card that tells of no risk is not explained by one that was computed beside it.
    main = risks.pop(0) if risks and (about or finding is None) else None
    return Detail(
        service=service,
        as_of=chart.as_of,
        who=_who(chart),
        card=finding.card if finding else None,
        explained=_explained(chart, service, main, about=about) if main else None,
        others=tuple(risks),
        refusals=tuple(dict.fromkeys(reason.text for reason in evaluation.reasons)),
    )


def _risks(evaluation: Evaluation, about: Prediction | None) -> list[Risk]:
    """What was assessed, first what predicts what the card is about, then as they are declared."""
    declared = [each.name for each in evaluation.service.uses]
    risks = [each for each in evaluation.assessments if isinstance(each, Risk)]
    outcome = about.outcome if about else ""

    def order(risk: Risk) -> tuple[bool, int]:
        predictions = risk.assessment.predictions
        other = bool(about) and outcome not in [each.outcome for each in predictions]
        return other, declared.index(risk.assessment.predictor.name)

    return sorted(risks, key=order)


def _explained(
    chart: Chart, service: Service, risk: Risk, *, about: Prediction | None
) -> Explained:
    risk = risk.explained()
    prediction, beside = _chosen(risk.assessment.predictions, about)
    patient, record = chart.shown_to(service), chart.record
    model = model_of(risk.assessment.predictor)
    concepts = measured_concepts(record, risk)
    return Explained(
        risk=risk,
        prediction=prediction,
        beside=beside,
        steps=steps(prediction),
        course=risk_course(patient, risk, prediction, acute=service.acute),
        inputs=shown_inputs(record, risk, prediction),
        remarks=tuple(
            remarks_of((risk.facts[name] for name in risk.assessment.inputs), converted=True)
        ),
        dropped=tuple(each for each in record.dropped if each.concept in concepts),
        manifest=model.manifest if model else None,
    )


def _chosen(
    predictions: Sequence[Prediction], about: Prediction | None
) -> tuple[Prediction, tuple[Prediction, ...]]:
    """The prediction that the card is about, or the first; and the others."""
    first = predictions[0]
    chosen = next((p for p in predictions if about and p.outcome == about.outcome), first)
    return chosen, tuple(each for each in predictions if each is not chosen)


def _who(chart: Chart) -> str:
    return ", ".join(_words(chart))


def _words(chart: Chart) -> Iterator[str]:
    sex = facts.sex(chart.record)
    if isinstance(sex.value, str):
        yield sex.value.capitalize()
    age = facts.age(chart.record, as_of=chart.as_of)
    if age.value is not None:
        yield f"{measured(age)}"
