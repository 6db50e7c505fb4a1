"""How well predictions agree with outcomes, over time and by subgroup, with alarms."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from cds_hooks.monitoring.labelled import Labelled
from predictors.training.calibration import fitted, observed_to_expected
from predictors.training.cohort import Flags, Floats, Integers
from predictors.training.intervals import Bootstrap, Estimate, estimates
from predictors.training.ranking import auroc, ranking

LIMITS = (0.8, 1.25)
"""Of observed to expected, within which a model is taken to be calibrated: a choice of this
product, which a site may make its own."""

FEWEST_EVENTS = 10
"""With fewer nothing is estimated, and that is said."""

RUNNING = 2
"""How many periods running raise an alarm, or end it."""

SMALL = 1e-6


@dataclass(frozen=True, slots=True)
class Performance:
    """Of one group: predictions, those not followed, events, and the estimates by name.

    Names: `observed to expected`, `intercept`, `slope`, `AUROC`, `PPV of alerts`. Empty where there
    are too few events. `lead` is the median of hours from the alert to the event.
    """

    group: str
    predictions: int
    unknown: int
    events: int
    alerts: int
    estimates: Mapping[str, Estimate]
    lead: float | None


@dataclass(frozen=True, slots=True)
class Course:
    """The performance of each period in turn, and whether the alarm is raised after it."""

    periods: tuple[tuple[Performance, bool], ...]

    @property
    def alarm(self) -> bool:
        """Whether it is raised now."""
        return bool(self.periods) and self.periods[-1][1]


def performance(group: str, made: Sequence[Labelled], *, replicates: int = 200) -> Performance:
    """How the predictions of a group did."""
    followed = [each for each in made if each.happened is not None]
    outcome = np.array([bool(each.happened) for each in followed])
    alerts = [each for each in followed if each.alerted]
    hours = [e.hours_to_event for e in alerts if e.happened and e.hours_to_event is not None]
    few = not FEWEST_EVENTS <= outcome.sum() <= len(outcome) - FEWEST_EVENTS
    return Performance(
        group,
        len(made),
        len(made) - len(followed),
        int(outcome.sum()),
        len(alerts),
        {} if few else _estimates(followed, outcome, replicates),
        float(np.median(hours)) if hours else None,
    )


def by_group(
    made: Sequence[Labelled], key: Callable[[Labelled], str], *, replicates: int = 200
) -> tuple[Performance, ...]:
    """The same of every group, in the order of their names."""
    groups: dict[str, list[Labelled]] = {}
    for each in made:
        groups.setdefault(key(each), []).append(each)
    return tuple(performance(name, groups[name], replicates=replicates) for name in sorted(groups))


def month(made: Labelled) -> str:
    """The calendar month of a prediction."""
    return f"{made.at:%Y-%m}"


def course(periods: Sequence[Performance], *, limits: tuple[float, float] = LIMITS) -> Course:
    """The alarm after each period: raised after two beyond the limits running, ended after two in.

    A period that cannot be estimated leaves it as it was.
    """
    raised, running, found = False, 0, list[tuple[Performance, bool]]()
    for each in periods:
        beyond = is_beyond(each, limits)
        if beyond is not None:
            running = running + 1 if beyond != raised else 0
            if running >= RUNNING:
                raised, running = beyond, 0
        found.append((each, raised))
    return Course(tuple(found))


def is_beyond(made: Performance, limits: tuple[float, float] = LIMITS) -> bool | None:
    """Whether the interval of observed to expected lies outside of them; None without one."""
    ratio = made.estimates.get("observed to expected")
    if ratio is None or not np.isfinite([ratio.low, ratio.high]).all():
        return None
    return ratio.high < limits[0] or ratio.low > limits[1]


def _estimates(
    followed: Sequence[Labelled], outcome: Flags, replicates: int
) -> Mapping[str, Estimate]:
    risk = np.clip(np.array([each.risk for each in followed]), SMALL, 1 - SMALL)
    alerted = np.array([each.alerted for each in followed])
    # In the order of the rows: a set's order, and with it every resample, differs by process.
    distinct = dict.fromkeys(each.patient for each in followed)
    names = {name: place for place, name in enumerate(distinct)}
    patients: Integers = np.array([names[each.patient] for each in followed])
    margin, ordered = np.log(risk / (1 - risk)), ranking(outcome, risk)

    def statistics(weights: Floats) -> Mapping[str, float]:
        found = fitted(weights * outcome, weights, margin)
        flagged = float(weights @ alerted)
        right = float(weights @ (alerted & outcome))
        return {
            "observed to expected": observed_to_expected(outcome, risk, weights),
            "intercept": found.intercept,
            "slope": found.slope,
            "AUROC": auroc(ordered.counts(weights)),
            "PPV of alerts": right / flagged if flagged else float("nan"),
        }

    chosen = Bootstrap(replicates=replicates)
    return estimates(statistics, patients, chosen, progress=lambda *_: None)


def told(made: Performance) -> Iterator[str]:
    """The performance as text, a line each."""
    yield (
        f"{made.group}: {made.predictions} predictions, {made.unknown} not followed, "
        f"{made.events} events, {made.alerts} alerts"
    )
    if not made.estimates:
        yield f"  too few events to estimate anything: {FEWEST_EVENTS} are needed, and as many none"
    for name, each in made.estimates.items():
        yield f"  {name} {each.value:.3f} ({each.low:.3f} to {each.high:.3f})"
    if made.lead is not None:
        yield f"  median {made.lead:.1f} h from alert to event"
