"""The page of one risk: what its template is given, in words and figures."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from cds_hooks.clinical.model_cards import relative_to
from cds_hooks.engine.card_text import (
    SCALES,
    added,
    compared,
    frequency,
    label,
    named,
    number,
    percent,
    probable,
)
from cds_hooks.engine.patient import Risk
from cds_hooks.engine.service import Service
from cds_hooks.risk_detail.course import Point
from cds_hooks.risk_detail.detail import Detail, Explained
from cds_hooks.risk_detail.inputs import ShownInput, told
from cds_hooks.risk_detail.waterfall import Step
from cds_hooks.settings.settings import Settings
from cds_hooks.web import figures
from cds_hooks.web.figures import Told
from cds_hooks.web.markdown import block
from fhir_adapters.record import Measurement
from predictors.manifest import Observed, Threshold
from predictors.predictor import Prediction

MOST_TRENDS = 8
"""Inputs whose values are drawn; the tables are there of all of them."""

MOST_ROWS = 8
"""Measurements of one input that are listed, the newest."""

SHORTEST_TREND = 3
"""Measurements without which there is nothing to see in a drawing."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """An explained risk with its figures; "" is the Markup of one that there is no need for."""

    explained: Explained
    course: Markup
    waterfall: Markup
    validated: Markup
    people: Markup
    trends: Mapping[str, Markup]
    threshold: Threshold | None
    shown_from: float | None

    @property
    def prediction(self) -> Prediction:
        """What is explained."""
        return self.explained.prediction

    @property
    def probability(self) -> bool:
        """Whether it is one."""
        return probable(self.prediction)

    @property
    def number(self) -> str:
        """It in large figures."""
        return number(self.prediction)

    @property
    def horizon(self) -> str:
        """For how long it is; "" where it has no such end."""
        return horizon(self.prediction)

    @property
    def frequency(self) -> str:
        """It as people out of a hundred; "" of what is no probability."""
        return frequency(self.prediction) if self.probability else ""

    @property
    def unsure(self) -> tuple[str, ...]:
        """The inputs that were varied because they are not exactly known."""
        return tuple(map(self.explained.risk.label, self.explained.risk.assessment.varied))

    @property
    def scale(self) -> str:
        """What a step's amount is measured in."""
        return SCALES[self.prediction.link]

    @property
    def rows(self) -> tuple[tuple[str, str, str, str], ...]:
        """Of each step the input, its value, what it adds, and what the prediction is after it."""
        return tuple(self._rows())

    def _rows(self) -> Iterator[tuple[str, str, str, str]]:
        values = {each.name: each.value for each in self.explained.inputs}
        for step in self.explained.steps:
            after = self.told(self.prediction.link.inverse(step.after))
            label = _label(self.explained.risk, step)
            yield label, values.get(step.input, ""), added(step.amount), after

    @property
    def starts_from(self) -> str:
        """The person whom it is compared with, in words; "" where there is no such person."""
        risk = self.explained.risk
        return relative_to(risk) if self.explained.manifest else compared(risk.assessment.predictor)

    @property
    def starts_at(self) -> str:
        """The baseline on the prediction's own scale."""
        return self.told(self.prediction.link.inverse(self.prediction.baseline))

    def told(self, value: float) -> str:
        """A value of the prediction's own scale in words."""
        return _told(self.prediction)(value)

    def of_others(self, groups: Sequence[Observed]) -> Iterator[tuple[str, str, int, int, bool]]:
        """Of each group in validation its risks, what was seen, how many, and if it is this one."""
        here = self.explained.observed
        for each in groups:
            risks = f"{percent(each.low)} to {percent(each.high)}"
            yield risks, percent(each.events / each.n), each.events, each.n, each is here

    @property
    def groups(self) -> tuple[Observed, ...]:
        """The groups of predicted risk in validation."""
        manifest = self.explained.manifest
        return tuple(each for each in manifest.observed if each.n) if manifest else ()


def explanation(detail: Detail, settings: Settings) -> Explanation | None:
    """The figures of a detail's risk; None where it has none."""
    explained = detail.explained
    if explained is None:
        return None
    prediction, written = explained.prediction, _told(explained.prediction)
    threshold = _threshold(explained)
    own = settings.of(detail.service.id).thresholds
    shown_from = own.get(threshold.name, threshold.risk) if threshold else None
    labels = [_label(explained.risk, step) for step in explained.steps]
    groups = [each for each in explained.manifest.observed if each.n] if explained.manifest else []
    return Explanation(
        explained=explained,
        course=_course(explained.course, written, shown_from, hours=detail.service.acute),
        waterfall=(
            Markup()
            if named(prediction)
            else figures.waterfall(
                explained.steps, prediction, labels=labels, told=written, name="waterfall"
            )
        ),
        validated=(
            figures.validated(groups, explained.observed, told=written, name="validated")
            if groups
            else Markup()
        ),
        people=(
            figures.people(prediction, name="people")
            if probable(prediction) and prediction.value >= 0.01
            else Markup()
        ),
        trends=dict(_trends(explained.inputs)),
        threshold=threshold,
        shown_from=shown_from,
    )


def _course(
    course: Sequence[Point], written: Told, shown_from: float | None, *, hours: bool
) -> Markup:
    if len(course) == 1 or named(course[-1].prediction):
        return Markup()
    return figures.course(course, told=written, threshold=shown_from, hours=hours, name="course")


def _trends(inputs: Sequence[ShownInput]) -> Iterator[tuple[str, Markup]]:
    moving = [each for each in inputs if len(each.numbers) >= SHORTEST_TREND]
    for index, each in enumerate(moving[:MOST_TRENDS]):
        yield each.name, figures.trend(each.numbers, used=each.used, name=f"trend-{index}")


def _threshold(explained: Explained) -> Threshold | None:
    """The model's threshold from which its card is shown: the first of its manifest."""
    return next(iter(explained.manifest.thresholds), None) if explained.manifest else None


def horizon(prediction: Prediction) -> str:
    """For how long after the assessment it is; "" where it has no such end, or its name says it."""
    if "year" in prediction.outcome:
        return ""
    days, hours = divmod(prediction.hours, 24)
    if days > 2 and not hours:  # as clinicians count: 48 hours, but 30 days
        return f"in the next {days} days"
    if prediction.hours:
        ahead = f"in the next {prediction.hours} hours"
        return f"{ahead}, {prediction.note}" if prediction.note else ahead
    return f"in the next {prediction.years} years" if prediction.years else ""


def _told(prediction: Prediction) -> Told:
    return percent if probable(prediction) else "{:.3g}".format


def _label(risk: Risk, step: Step) -> str:
    return risk.label(step.input) if step.input else f"{step.others} other inputs together"


def guidance(detail: Detail) -> Markup:
    """What the card says is to be done: its prose, without its tables and remarks."""
    told = str(detail.card.detail or "") if detail.card else ""
    paragraphs = [each for each in told.split("\n\n") if not each.startswith(("|", "- ", "_"))]
    return block("\n\n".join(paragraphs))


def listed(shown: ShownInput) -> tuple[Measurement, ...]:
    """The newest of an input's measurements."""
    return shown.measurements[:MOST_ROWS]


def on_the_page(detail: Detail, settings: Settings) -> Mapping[str, object]:
    """What the template is given of a detail."""
    return {
        "detail": detail,
        "shown": explanation(detail, settings),
        "guidance": guidance(detail),
        "service": detail.service,
        "number": number,
        "horizon": horizon,
        "measured": told,
        "label": label,
        "listed": listed,
        "hours": detail.service.acute,
        "moment": _moment,
    }


def _moment(point: Point, service: Service) -> str:
    return f"{point.at:%Y-%m-%d %H:%M}" if service.acute else f"{point.at:%Y-%m-%d}"
