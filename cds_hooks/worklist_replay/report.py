"""The replay of both hospitals, and what it says: as a table to read and as JSON."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cds_hooks.worklist_replay.measures import Compared, compared
from cds_hooks.worklist_replay.policies import Rule, alerts, optimised, top_risks
from cds_hooks.worklist_replay.replaying import oracle, replay, threshold
from cds_hooks.worklist_replay.stays import Stays, two_hospitals
from cds_hooks.worklist_replay.wards import hours_of
from predictors.training.intervals import Bootstrap, Estimate
from predictors.training.progress import Progress, within

TOP, ALERTS, OPTIMISED, ORACLE = "top risks", "alerts", "optimiser", "oracle"
POLICIES = (TOP, ALERTS, OPTIMISED, ORACLE)


@dataclass(frozen=True, slots=True)
class Scenario:
    """The invented hospital, and the rules that are tried in it.

    The intervals' middle, of six hours, is that of the alerts in the model's own validation.
    """

    beds: int = 200
    an_hour: int = 4
    intervals: tuple[int, ...] = (1, 4, 6, 10)
    seed: int = 1
    most_hours: int | None = None
    replicates: int = 500


@dataclass(frozen=True, slots=True)
class Replayed:
    """One hospital under one rule: how many hours, and what each policy found."""

    hospital: str
    rule: Rule
    hours: int
    compared: Compared
    measures: dict[str, Estimate]


def run(
    folder: Path, scenario: Scenario, hospitals: Sequence[str], *, progress: Progress
) -> Iterator[Replayed]:
    """Each hospital that is judged under each rule; raises ValueError without both in the data."""
    pairs = two_hospitals(folder, progress=within(progress, 0.0, 0.3))
    steps = [(judged, each) for judged in hospitals for each in scenario.intervals]
    for number, (judged, interval) in enumerate(steps):
        share = 0.7 / len(steps)
        part = within(progress, 0.3 + share * number, 0.3 + share * (number + 1))
        yield _replayed(*pairs[judged], scenario, Rule(scenario.an_hour, interval), progress=part)


def _replayed(
    tuned: Stays, judged: Stays, scenario: Scenario, rule: Rule, *, progress: Progress
) -> Replayed:
    """One rule in the hospital that is judged; the alerts' threshold is set in the other."""
    there, here = (
        hours_of(each, beds=scenario.beds, seed=scenario.seed)[: scenario.most_hours]
        for each in (tuned, judged)
    )
    at = threshold(tuned, there, rule)
    made = {
        TOP: replay(judged, here, top_risks(rule)),
        ALERTS: replay(judged, here, alerts(at, rule)),
        OPTIMISED: replay(judged, here, optimised(rule), progress=progress),
        ORACLE: oracle(judged, here, rule),
    }
    found = compared(judged, here, made)
    measures = found.measures(Bootstrap(scenario.replicates))
    return Replayed(judged.hospital, rule, len(here), found, measures)


def lines(replayed: Replayed, scenario: Scenario) -> Iterator[str]:
    """The replay in words."""
    rule, found = replayed.rule, replayed.compared
    yield (
        f"Hospital {replayed.hospital}: {scenario.beds} beds for {replayed.hours} hours, "
        f"{rule.an_hour} reviews an hour, at least {rule.interval} h between two of a patient; "
        f"{found.possible.sum():.0f} events could be seen {WINDOW}."
    )
    for name in POLICIES:
        each = found.counted[name]
        low, middle, high = found.lead(name)
        told = {kind: replayed.measures[f"{name} {kind}"] for kind in KINDS}
        yield (
            f"  {name:<10} {each.reviews.sum():>7.0f} reviews {each.seen.sum():>5.0f} seen,"
            f" per 100 reviews {_interval(told['per 100 reviews'], 2)},"
            f" lead {middle:.0f} h ({low:.0f} to {high:.0f}),"
            f" utility {_interval(told['utility'], 3)}"
        )
    more = replayed.measures[f"{OPTIMISED} more"]
    yield f"  optimiser beyond top risks, paired: {_percent(more)}"


def groups(replayed: Replayed) -> Iterator[str]:
    """By group, the share of its events that were seen by the highest risks and the optimiser."""
    found = replayed.compared
    top, best = found.by_group(TOP), found.by_group(OPTIMISED)
    for (by, label), (share, events, reviews) in top.items():
        other, _, others = best[by, label]
        yield (
            f"  {by} {label}: {events} events, seen {share:.0%} by top risks and {other:.0%} by"
            f" the optimiser; reviews a stay {reviews:.2f} and {others:.2f}"
        )


WINDOW = "3 to 12 h before the onset"
KINDS = ("per 100 reviews", "utility")


def as_json(replayed: Replayed) -> dict[str, object]:
    """The replay as numbers."""
    found = replayed.compared
    return {
        "hospital": replayed.hospital,
        "reviews_an_hour": replayed.rule.an_hour,
        "minimum_interval": replayed.rule.interval,
        "hours": replayed.hours,
        "possible": float(found.possible.sum()),
        "reviews": {name: float(each.reviews.sum()) for name, each in found.counted.items()},
        "seen": {name: float(each.seen.sum()) for name, each in found.counted.items()},
        "lead": {name: found.lead(name) for name in found.counted},
        "measures": {
            name: [each.value, each.low, each.high] for name, each in replayed.measures.items()
        },
        "groups": {
            name: {
                f"{by} {label}": found.by_group(name)[by, label]
                for by, label in found.by_group(name)
            }
            for name in (TOP, OPTIMISED)
        },
    }


def _interval(each: Estimate, decimals: int) -> str:
    return f"{each.value:.{decimals}f} ({each.low:.{decimals}f} to {each.high:.{decimals}f})"


def _percent(each: Estimate) -> str:
    return f"{each.value:+.1%} ({each.low:+.1%} to {each.high:+.1%})"
