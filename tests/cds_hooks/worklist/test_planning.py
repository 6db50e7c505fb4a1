import sys
from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cds_hooks.worklist import greedy, optimiser, planning, pruning
from cds_hooks.worklist.candidates import Candidate
from cds_hooks.worklist.demands import demands
from cds_hooks.worklist.optimiser import NoPlan
from cds_hooks.worklist.planning import plan
from cds_hooks.worklist.site import Site
from cds_hooks.worklist.steps import BEFORE, Steps, steps
from tests.cds_hooks.worklist.wards import person, site


def kept_to(candidates: list[Candidate], chosen: Site) -> None:
    """The plan keeps capacity, intervals, skills and places, and is what it says."""
    made = plan(candidates, chosen)
    names = list(chosen.teams)
    for name, team in chosen.teams.items():
        hours = [each.hour for each in made.reviews if each.team == name]
        assert all(hours.count(hour) <= team.an_hour for hour in hours)
        assert team.a_shift is None or len(hours) <= team.a_shift
    for number, each in enumerate(candidates):
        mine = [review for review in made.reviews if review.candidate == number]
        ago = float("inf") if each.reviewed is None else each.reviewed
        times = [-ago, *(review.hour for review in mine)]
        assert all(b - a >= chosen.minimum_interval for a, b in pairwise(times))
        for review in mine:
            team = chosen.teams[review.team]
            assert not team.locations or each.location in team.locations
            assert each.skills <= set(team.skills)
            assert names.count(review.team) == 1


PEOPLE = st.lists(
    st.builds(
        lambda risk, ago, place, skill: person(
            "p", risk, ago, location=place, skills=frozenset(skill)
        ),
        st.none() | st.floats(0, 1),
        st.none() | st.floats(0, 30),
        st.sampled_from(["north", "south"]),
        st.sampled_from([[], ["icu"]]),
    ),
    max_size=8,
)


@settings(max_examples=30)
@given(PEOPLE, st.integers(0, 3), st.integers(0, 5), st.sampled_from([0, 8]))
def test_a_plan_keeps_to_capacity_intervals_skills_and_places(
    people: list[Candidate], an_hour: int, shortest: int, longest: int
) -> None:
    teams = {
        "near": {"an_hour": an_hour, "locations": ["north"], "a_shift": 4},
        "far": {"an_hour": 1, "skills": ["icu"]},
    }
    chosen = site(teams=teams, hours=6, minimum_interval=shortest, maximum_interval=longest)
    kept_to(people, chosen)


def best_by_trying(every: Steps, chosen: Site, most: int) -> float:
    """The greatest benefit of any set of at most so many steps that is a plan."""
    wanted = next(iter(chosen.teams.values())).an_hour

    def allowed(numbers: tuple[int, ...]) -> bool:
        some = every.take(np.array(numbers, dtype=np.int64))
        if any((some.hour == hour).sum() > wanted for hour in some.hour):
            return False
        for patient in set(some.patient.tolist()):
            mine = some.take(some.patient == patient)
            order = np.argsort(mine.hour)
            expected = [BEFORE, *mine.hour[order][:-1].tolist()]
            if mine.since[order].tolist() != expected:
                return False
        return True

    sets = (
        numbers
        for size in range(most + 1)
        for numbers in combinations(range(len(every)), size)
        if allowed(numbers)
    )
    return max(float(every.gain[list(numbers)].sum()) for numbers in sets)


@settings(max_examples=10)
@given(st.lists(st.tuples(st.floats(0.01, 0.5), st.integers(0, 12)), min_size=1, max_size=3))
def test_no_plan_is_better_than_the_one_that_is_found(people: list[tuple[float, int]]) -> None:
    candidates = [person("p", risk, float(ago)) for risk, ago in people]
    chosen = site(hours=3, minimum_interval=1)
    made = plan(candidates, chosen)
    assert made.proven
    assert made.benefit == pytest.approx(best_by_trying(steps(candidates, chosen), chosen, 3))
    assert made.bound == pytest.approx(made.benefit)


def test_the_optimiser_waits_where_the_hour_by_hour_rule_does_not() -> None:
    candidates = [person("soon", 0.3, 4.0), person("other", 0.2)]
    chosen = site(hours=6, minimum_interval=4, teams={"review": {"an_hour": 1, "a_shift": 2}})
    every, wanted = steps(candidates, chosen), demands(candidates, chosen)
    at_once = every.take(greedy.by_the_hour(every, wanted))
    made = plan(candidates, chosen)
    assert made.benefit > at_once.gain.sum() + 0.01
    assert [each.hour for each in made.reviews if each.candidate == 0] == [5]


def test_a_life_threatening_finding_uses_no_capacity_of_the_plan() -> None:
    made = plan([person("a", 0.9, critical=("potassium",)), person("b", 0.01)], site(hours=1))
    assert [each.candidate for each in made.reviews] == [1]


def test_who_is_not_assessed_is_reviewed_when_the_longest_interval_ends() -> None:
    candidates = [person("unknown", None, 20.0), person("known", 0.2)]
    made = plan(candidates, site(hours=6, maximum_interval=24))
    assert min(each.hour for each in made.reviews if each.candidate == 0) <= 4
    assert made.overdue == ()


def test_whoever_cannot_be_reviewed_in_time_is_named() -> None:
    candidates = [person("a", 0.01, 30.0), person("b", 0.3, 30.0)]
    made = plan(candidates, site(hours=1, maximum_interval=24))
    assert made.overdue == (0,)
    assert made.bound is None


def test_the_team_of_the_last_review_is_preferred_and_earns_no_benefit_by_it() -> None:
    teams = {"day": {"an_hour": 1}, "night": {"an_hour": 1}}
    (review,) = plan([person("a", 0.1, 20.0, team="night")], site(teams=teams, hours=1)).reviews
    assert review.team == "night"
    assert review.benefit == pytest.approx(1 - 0.9 ** (10 / 6))


def test_without_a_floor_a_group_may_have_no_review_and_with_one_it_has_its_share() -> None:
    low = [person(f"low {n}", 0.01, group="low") for n in range(4)]
    high = [person(f"high {n}", 0.2, group="high") for n in range(4)]
    for floor, least in ((0.0, 0), (1.0, 2)):
        fair = {"floor": floor, "basis": "audit of 2026"}
        made = plan([*low, *high], site(hours=4, fairness=fair))
        assert sum(each.candidate < 4 for each in made.reviews) == least
        assert made.short == ()


def test_a_floor_that_cannot_be_kept_is_told_with_what_is_lacking() -> None:
    candidates = [person("a", 0.2, group="a"), person("b", 0.2, 0.0, group="b")]
    made = plan(candidates, site(hours=1, fairness={"floor": 1.0, "basis": "audit"}))
    assert [each.candidate for each in made.reviews] == [0]  # nobody else is held back for it
    assert made.short == (("b", 0.5),)


def test_without_the_solver_the_plan_is_made_by_the_hour_and_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "highspy", None)
    made = plan([person("a", 0.1), person("b", 0.2)], site(hours=1))
    assert [each.candidate for each in made.reviews] == [1]
    assert "not installed" in made.fallback
    assert (made.proven, made.bound) == (False, None)


def test_a_solver_that_is_not_done_in_time_is_told_of() -> None:
    candidates = [person("a", 0.1), person("b", 0.2)]
    every, wanted = steps(candidates, site()), demands(candidates, site())
    with pytest.raises(NoPlan, match="within 0 seconds"):
        optimiser.solve(every, wanted, np.array([], dtype=np.int64), seconds=0.0)


def test_what_pruning_loses_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = np.random.default_rng(7)
    candidates = [person(str(n), float(r)) for n, r in enumerate(generator.beta(0.5, 9, 60))]
    chosen = site(an_hour=2, hours=6)
    whole = plan(candidates, chosen)
    monkeypatch.setattr(pruning, "MOST_STEPS", 150)
    some = plan(candidates, chosen)
    assert whole.pruned == pruning.NOBODY
    assert some.pruned.candidates > 0
    assert some.bound is not None
    assert some.benefit <= whole.benefit <= some.bound + 1e-9
    assert whole.benefit - some.benefit <= some.pruned.loss + 1e-9


def test_a_list_of_nobody_is_an_empty_plan() -> None:
    made = plan([], site())
    assert (made.reviews, made.benefit, made.proven) == ((), 0.0, True)


@pytest.mark.long
def test_a_thousand_patients_over_twelve_hours_are_planned_to_proof() -> None:
    generator = np.random.default_rng(1)
    candidates = [
        person(str(n), float(r), float(n % 20)) for n, r in enumerate(generator.beta(0.5, 20, 1000))
    ]
    made = plan(candidates, site(an_hour=20), seconds=planning.SECONDS * 4)
    assert made.proven
    assert len(made.reviews) == 240
