"""Validates a model on a cohort: every measure with its interval, comparators and subgroups."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from predictors.predictor import Link
from predictors.training import stay_alerts
from predictors.training.calibration import equal_groups, logistic
from predictors.training.cohort import Cohort, Flags, Floats, Integers, Survival
from predictors.training.curves import histogram, lines
from predictors.training.decision import flag_all
from predictors.training.intervals import Bootstrap, Estimate, estimates
from predictors.training.measures import (
    Predicted,
    Sample,
    challenge_utility,
    discrimination,
    patients_flagged,
    sampling,
)
from predictors.training.progress import Progress, within
from predictors.training.refusals import refusals
from predictors.training.results import (
    Agreement,
    AtThreshold,
    Comparison,
    Measures,
    NetBenefit,
    Subgroup,
    Validation,
)

FEWEST_EVENTS = 20
"""A subgroup with fewer patients with the event, or without, is not reported."""

BUDGETS = (1, 2, 5, 10, 20)
"""Reported beside the model's own thresholds: the riskiest so many per cent of these rows."""

NET_BENEFIT_POINTS = 25
NOT_SHOWN = -1.0
"""Stands for the risk of a row that the model refuses: no threshold is reached by it."""

UTILITY = "utility"
"""The threshold that is set by the challenge's utility, and the measure."""

NET_BENEFIT, OBSERVED = "net benefit", "observed"

Key = tuple[str, str]
"""The part that a number is of, and its name."""


@dataclass(frozen=True, slots=True)
class Model:
    """Which model is validated: risks of `outcome` by `years` after (0: no such horizon)."""

    name: str
    version: str
    outcome: str
    link: Link
    years: int
    thresholds: Mapping[str, float]


def predicted(margin: Floats, link: Link) -> Predicted:
    """The risk of each calibrated margin; ValueError for a link that gives no probability."""
    match link:
        case Link.LOGISTIC:
            return Predicted(margin, logistic(margin))
        case Link.CLOGLOG:
            return Predicted(margin, -np.expm1(-np.exp(margin)))
    raise ValueError(f"the link {link} gives no probability")


def validate(
    model: Model,
    cohort: Cohort,
    margin: Floats,
    *,
    refused: Flags | None = None,
    bootstrap: Bootstrap,
    progress: Progress,
) -> Validation:
    """Measures the calibrated margins [n] of the cohort's rows against what was observed.

    `refused` are the rows that the model would not answer, as unlike its training: they raise no
    alert, so that a septic stay is missed by them, and are counted apart. Every other measure is of
    all rows.
    Raises ValueError if nobody has the outcome, or everybody.
    """
    if not 0 < int(cohort.events.sum()) < len(cohort):
        raise ValueError("a validation needs patients with the outcome and patients without")
    risks = predicted(margin, model.link)
    whole = _whole(model, cohort, risks, refused)
    found = estimates(
        whole.statistics(), cohort.patients, bootstrap, progress=within(progress, 0.0, 0.5)
    )
    made = Validation(
        model=model.name,
        version=model.version,
        outcome=model.outcome,
        horizon_years=model.years,
        data=cohort.name,
        rows=len(cohort),
        patients=_patients(cohort),
        events=int(cohort.events.sum()),
        patients_with_event=_with_event(cohort),
        replicates=bootstrap.replicates,
        seed=bootstrap.seed,
        measures=_of(found, ""),
        thresholds=tuple(whole.at_thresholds(found)),
        comparisons=tuple(
            _comparisons(model, cohort, risks, bootstrap, progress=within(progress, 0.5, 0.7))
        ),
        subgroups=tuple(
            _subgroups(model, cohort, risks, bootstrap=bootstrap, progress=within(progress, 0.7, 1))
        ),
        calibration=tuple(whole.agreement(found)),
        net_benefit=tuple(whole.net_benefit(found)),
        curves=lines(cohort, risks.risk),
        risks=histogram(cohort.events, risks.risk),
        refusals=() if refused is None else refusals(cohort, refused),
    )
    progress(1.0, "Validated")
    return made


def _of(found: Mapping[Key, Estimate], part: str) -> Measures:
    return {name: estimate for (of, name), estimate in found.items() if of == part}


def _patients(cohort: Cohort) -> int:
    return len(np.unique(cohort.patients))


def _with_event(cohort: Cohort) -> int:
    return len(np.unique(cohort.patients[cohort.events]))


@dataclass(frozen=True, slots=True)
class _Whole:
    """All rows of a cohort: what is computed of each resample, and how it is reported."""

    model: Model
    cohort: Cohort
    risks: Predicted
    shown: Floats
    thresholds: Mapping[str, float]
    acted_on: Floats
    groups: Integers

    def statistics(self) -> Callable[[Floats], dict[Key, float]]:
        """Every number of the whole by part and name, for row weights."""
        sample_of = sampling(self.cohort, self.risks, horizon=self.model.years)
        alerted = patients_flagged(self.cohort.patients, self.risks.risk)
        utility = challenge_utility(self.cohort, self.risks.risk)
        by_stay = self._by_stay()

        def numbers(weights: Floats) -> dict[Key, float]:
            sample = sample_of(weights)
            found = {("", name): each for name, each in _measures(sample).items()}
            for name, risk in self.thresholds.items():
                at = sample.flagged(risk).measures()
                at |= {"patients_per_100": alerted(weights, risk)} if alerted else {}
                at |= {"utility": utility(weights, risk)} if utility else {}
                at |= by_stay[name](weights) if name in by_stay else {}
                found |= {(name, measure): each for measure, each in at.items()}
            for place, risk in enumerate(self.acted_on.tolist()):
                found[NET_BENEFIT, str(place)] = sample.flagged(risk).net_benefit(risk)
            for group, each in enumerate(sample.observed(self.groups).tolist()):
                found[OBSERVED, str(group)] = each
            return found

        return numbers

    def _by_stay(self) -> Mapping[str, stay_alerts.Measured]:
        """What each threshold means for stays; nothing for a cohort without hours."""
        if self.cohort.hours is None:
            return {}
        return {
            name: stay_alerts.measuring(self.cohort, self.shown, risk)
            for name, risk in self.thresholds.items()
        }

    def at_thresholds(self, found: Mapping[Key, Estimate]) -> Iterator[AtThreshold]:
        """Each threshold with what it means."""
        for name, risk in self.thresholds.items():
            yield AtThreshold(name, risk, name in self.model.thresholds, _of(found, name))

    def net_benefit(self, found: Mapping[Key, Estimate]) -> Iterator[NetBenefit]:
        """The decision curve."""
        sample_of = sampling(self.cohort, self.risks, horizon=self.model.years)
        prevalence = sample_of(np.ones(len(self.cohort))).flagged(0.0).prevalence
        for place, risk in enumerate(self.acted_on.tolist()):
            everyone = flag_all(prevalence).net_benefit(risk)
            yield NetBenefit(risk, found[NET_BENEFIT, str(place)], everyone)

    def agreement(self, found: Mapping[Key, Estimate]) -> Iterator[Agreement]:
        """Predicted and observed risk by groups of rising risk."""
        for group in range(int(self.groups.max()) + 1):
            risk = self.risks.risk[self.groups == group]
            low, high, mean = float(risk.min()), float(risk.max()), float(risk.mean())
            yield Agreement(len(risk), low, high, mean, found[OBSERVED, str(group)])


def _whole(model: Model, cohort: Cohort, risks: Predicted, refused: Flags | None) -> _Whole:
    budgets = {
        f"riskiest {share} %": float(np.quantile(risks.risk, 1 - share / 100)) for share in BUDGETS
    }
    most = min(float(np.quantile(risks.risk, 0.995)), 0.99)
    acted_on = np.linspace(0, most, NET_BENEFIT_POINTS + 1)[1:]
    groups = _dense(equal_groups(risks.risk, 5 if isinstance(cohort.outcome, Survival) else 10))
    shown = risks.risk if refused is None else np.where(refused, NOT_SHOWN, risks.risk)
    return _Whole(model, cohort, risks, shown, {**model.thresholds, **budgets}, acted_on, groups)


def _dense(groups: Integers) -> Integers:
    return np.unique(groups, return_inverse=True)[1].astype(np.int64)


def _measures(sample: Sample) -> dict[str, float]:
    return sample.discrimination() | sample.agreement()


def _comparisons(
    model: Model, cohort: Cohort, risks: Predicted, bootstrap: Bootstrap, *, progress: Progress
) -> Iterator[Comparison]:
    for place, (name, scores) in enumerate(cohort.comparators.items()):
        part = within(progress, *_share(place, len(cohort.comparators)))
        known = ~np.isnan(scores)
        rows = cohort.take(known)
        if not 0 < int(rows.events.sum()) < len(rows):
            continue
        cut = cohort.cuts.get(name)
        numbers = _beside(model, rows, risks.risk[known], scores[known], cut)
        found = estimates(numbers, rows.patients, bootstrap, progress=part)
        parts = (_of(found, each) for each in ("model", "comparator", "difference"))
        yield Comparison(name, len(rows), _with_event(rows), *parts)


def _beside(
    model: Model, rows: Cohort, risk: Floats, score: Floats, cut: float | None
) -> Callable[[Floats], dict[Key, float]]:
    """Both scores' measures and their difference; utility where both have a cut for it."""
    own, other = discrimination(rows, risk), discrimination(rows, score)
    of_model, of_score = challenge_utility(rows, risk), challenge_utility(rows, score)
    limit = model.thresholds.get(UTILITY)

    def numbers(weights: Floats) -> dict[Key, float]:
        ours, theirs = own(weights), other(weights)
        if of_model and of_score and limit is not None and cut is not None:
            ours = ours | {UTILITY: of_model(weights, limit)}
            theirs = theirs | {UTILITY: of_score(weights, cut)}
        return {
            **{("model", name): value for name, value in ours.items()},
            **{("comparator", name): value for name, value in theirs.items()},
            **{("difference", name): value - theirs[name] for name, value in ours.items()},
        }

    return numbers


def _subgroups(
    model: Model, cohort: Cohort, risks: Predicted, *, bootstrap: Bootstrap, progress: Progress
) -> Iterator[Subgroup]:
    groups = [
        (by, str(label)) for by, each in cohort.subgroups.items() for label in np.unique(each)
    ]
    for place, (by, label) in enumerate(groups):
        part = within(progress, *_share(place, len(groups)))
        chosen = cohort.subgroups[by] == label
        rows, name = cohort.take(chosen), label or "not given"
        with_event = _with_event(rows)
        if with_event < FEWEST_EVENTS or _without_event(rows) < FEWEST_EVENTS:
            yield Subgroup(by, name, len(rows), _patients(rows), None, {})
            continue
        numbers = _in_subgroup(model, rows, risks.take(chosen))
        found = estimates(numbers, rows.patients, bootstrap, progress=part)
        yield Subgroup(by, name, len(rows), _patients(rows), with_event, found)


def _in_subgroup(
    model: Model, rows: Cohort, risks: Predicted
) -> Callable[[Floats], dict[str, float]]:
    sample_of = sampling(rows, risks, horizon=model.years)

    def numbers(weights: Floats) -> dict[str, float]:
        sample = sample_of(weights)
        found = _measures(sample)
        for risk in [*model.thresholds.values()][:1]:
            at = sample.flagged(risk).measures()
            found |= {name: at[name] for name in ("sensitivity", "ppv", "alerts_per_100")}
        return found

    return numbers


def _share(place: int, of: int) -> tuple[float, float]:
    return place / of, (place + 1) / of


def _without_event(cohort: Cohort) -> int:
    return _patients(cohort) - _with_event(cohort)
