"""The words of a trained model's card: what moves the risk, and what was seen at such a risk."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from cds_hooks.engine.card_text import (
    computed,
    detail,
    measured,
    most_important,
    percent,
    remarks_of,
    timed,
    validity,
)
from cds_hooks.engine.patient import Assessed, Risk
from cds_hooks.protocol.cards import Card
from fhir_adapters.facts.facts import Fact, State
from predictors.cox_model import CoxModel
from predictors.manifest import Manifest, Threshold
from predictors.predictor import Contribution, NotAssessed, Prediction, Predictor, Problem
from predictors.tree_model import require_model

ASSOCIATION = "_Association, not cause._"
MOST_MISSING = 3
RANKED = {"c_index": "Harrell's C", "auroc": "AUROC"}
"""The measures of how well a risk ranks, in words."""


@dataclass(frozen=True, slots=True)
class Alert:
    """A risk at or over that from which a card is shown: the model's threshold or the site's own.

    `shown_from` is that risk, `threshold` what the model's own meant in validation.
    """

    prediction: Prediction
    threshold: Threshold
    shown_from: float

    @property
    def over(self) -> float:
        """By how much, as findings are ranked: 1 at the threshold."""
        return self.prediction.value / self.shown_from

    @property
    def sentence(self) -> str:
        """How often such a card was right in validation; unknown of a site's own threshold."""
        if self.shown_from != self.threshold.risk:
            return f"Shown from a risk of {percent(self.shown_from)}, this site's own threshold."
        said = f"Of such alerts {percent(self.threshold.ppv)} were right in validation."
        return f"{said} {self._budget}".rstrip()

    @property
    def _budget(self) -> str:
        """For how many alerts the threshold was set, and whether on the site's own patients."""
        budget = self.threshold.budget
        if budget is None:
            return ""
        alerts = f"{budget.alerts_per_100_patient_days:g} alerts in 100 patient-days"
        if budget.at_site:
            return f"Set for {alerts} here."
        return f"Set for {alerts} elsewhere; this site has no alert budget."


def alert_of(patient: Assessed, risk: Risk, *, at: str) -> Alert | None:
    """The alert at the model's threshold of that name, or where the site sets it; None below it."""
    (prediction,) = risk.assessment.predictions
    threshold = manifest_of(risk).threshold(at)
    shown_from = patient.threshold(at, threshold.risk)
    return None if prediction.value < shown_from else Alert(prediction, threshold, shown_from)


def model_detail(
    risk: Risk,
    *,
    per: str,
    happened: str = "followed",
    lead: str = "",
    alert: str = "",
    trend: str = "",
    beside: str = "",
    limits: str = "",
) -> str:
    """The whole detail of a model's card; the contributions are found here, for shown cards alone.

    `per` is what was counted in validation ("patient-hours"), `happened` what the outcome did in
    some of them; the others are sentences: `lead` the first line, that of an `Alert`, and those of
    `trend`, `comparator` and `in_subgroup`.
    """
    risk = risk.explained()
    (prediction,) = risk.assessment.predictions
    seen = observed(prediction, manifest_of(risk), per=per, happened=happened)
    told = (lead, seen, alert, trend, beside, limits)
    shown = most_important(prediction)
    return detail(
        *told,
        drivers_table(risk, shown),
        missing(risk),
        remarks=remarks_of(risk.facts[part.input] for part in shown),
        closing=ASSOCIATION,
    )


def unfamiliar(refusal: NotAssessed) -> bool:
    """Whether a model refused a patient who is unlike those it learned from."""
    return any(reason.problem is Problem.UNFAMILIAR for reason in refusal.reasons)


def unlike_training(predictor: Predictor, *, topic: str, beside: str) -> Card:
    """Says that the model gives no risk of such a patient, with another score in its place."""
    told = (
        f"{predictor.title} gives no risk here: the values are unlike those of the patients whom "
        "it learned from. That is no sign that the risk is low."
    )
    return Card(
        summary=f"{predictor.title}: not assessed (unlike those it learned from)",
        indicator="info",
        source=computed(predictor, topic=topic),
        detail=detail(told, beside, closing=validity(predictor)),
    )


def manifest_of(risk: Risk) -> Manifest:
    """The manifest of the version that answered; TypeError if it was no verified model."""
    manifest = require_model(risk.assessment.predictor).manifest
    if manifest is None:
        raise TypeError(f"{risk.assessment.predictor.name} was not loaded")
    return manifest


def observed(
    prediction: Prediction, manifest: Manifest, *, per: str, happened: str = "followed"
) -> str:
    """How often it happened in validation to those with about that predicted risk."""
    seen = manifest.observed_at(prediction.value)
    if seen is None or not seen.n:
        return f"In validation no {per} had such a risk."
    share = round(1000 * seen.events / seen.n)
    return (
        f"In validation, at about this risk, {prediction.outcome} {happened} in {share} of "
        f"1,000 {per}."
    )


def course(
    patient: Assessed, predictor: Predictor, now: Prediction, *, hours: Sequence[int]
) -> str:
    """How the risk moved, from what was measured so many hours ago; "" where there is none."""
    return trend(tuple(_earlier(patient, predictor, hours)), now)


def _earlier(
    patient: Assessed, predictor: Predictor, hours: Sequence[int]
) -> Iterator[tuple[float, Prediction]]:
    for each in hours:
        try:
            then = patient.before(patient.as_of - timedelta(hours=each)).risk(predictor)
        except NotAssessed:
            continue
        yield each, then.assessment.predictions[0]


def relative_to(risk: Risk) -> str:
    """Whose risk the contributions of a Cox model are relative to; "" for trees."""
    fitted = require_model(risk.assessment.predictor).fitted
    if fitted is None or not isinstance(fitted.model, CoxModel):
        return ""
    return f"Each input is shown relative to {fitted.model.reference}."


def in_subgroup(risk: Risk, subgroup: str, *, saying: str, per: str) -> str:
    """How well a subgroup ("age=20-39") was ranked in validation, beside all; "" if not measured.

    `saying` opens the sentence, `per` is what was counted ("women"). Of several cohorts the last of
    the manifest counts: the patients who were held out, where there are any.
    """
    metrics = {(each.name, each.subgroup): each for each in manifest_of(risk).metrics}
    for name, words in RANKED.items():
        group, everyone = metrics.get((name, subgroup)), metrics.get((name, ""))
        if group and everyone:
            interval = f"{group.low:.2f} to {group.high:.2f}"
            measured = f"{words} {group.value:.2f} ({interval}) in {group.n:,} {per}"
            return f"{saying}: {measured}, {everyone.value:.2f} in all."
    return ""


def trend(earlier: Sequence[tuple[float, Prediction]], now: Prediction) -> str:
    """How the risk moved: (hours ago, prediction) pairs, oldest first, and the present one."""
    steps = [f"{percent(each.value)} {hours:g} h ago" for hours, each in earlier]
    return f"Risk: {', '.join(steps)}, now {percent(now.value)}." if steps else ""


def comparator(
    patient: Assessed, score: Predictor, *, name: str, told: Callable[[Prediction], str]
) -> str:
    """What another score predicts first, beside the model's risk; "" if it cannot be computed."""
    try:
        prediction = patient.risk(score).assessment.predictions[0]
    except NotAssessed:
        return ""
    return f"{name} beside it: {told(prediction)}."


def drivers_table(risk: Risk, shown: Sequence[Contribution]) -> str:
    """What raises and what lowers it, with value and time of each."""
    rows = (
        f"| {risk.label(part.input)} | {'raises' if part.amount > 0 else 'lowers'} "
        f"| {newest(risk.facts[part.input])} | {timed(risk.facts[part.input])} |"
        for part in shown
    )
    return "\n".join(["| Input | It | Value | Time |", "|---|---|---|---|", *rows])


def newest(fact: Fact) -> str:
    """A fact as a clinician writes it; of a series the newest value."""
    if not isinstance(fact.value, tuple):
        return measured(fact)
    last = fact.value[-1][1] if fact.value else None
    return measured(replace(fact, value=last))


def missing(risk: Risk) -> str:
    """Which inputs had no value, those that were not given to us apart: the model has met both."""
    of_function = [each.name for each in risk.assessment.predictor.inputs if not each.excludes]
    lacking = [risk.facts[name] for name in of_function if name in risk.assessment.missing]
    unknown = [each for each in lacking if each.alternatives or each.state is State.NOT_GIVEN]
    none = [each for each in lacking if each not in unknown]
    groups = (("No record of", none), ("Unknown", unknown))
    return " ".join(f"{head}: {_names(risk, facts)}." for head, facts in groups if facts)


def _names(risk: Risk, facts: Sequence[Fact]) -> str:
    named = ", ".join(risk.label(each.name) for each in facts[:MOST_MISSING])
    more = len(facts) - MOST_MISSING
    return f"{named} and {more} more" if more > 0 else named
