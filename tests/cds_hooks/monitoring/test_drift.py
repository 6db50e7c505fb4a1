"""Drift is found where there is some, and chance alone alarms in at most one of twenty runs."""

from collections.abc import Callable

import numpy as np
import pytest

from cds_hooks.monitoring.drift import ALPHA, LOOKS, Values, drifts, psi
from predictors.training.cohort import Floats

INPUTS, REFERENCE = 20, 5000
PRESENT = 0.4


def given(generator: np.random.Generator, patients: int, *, shift: float = 0.0) -> Values:
    """Inputs that are present in two of five patients; the mean of the first is shifted, in SD."""

    def one(by: float) -> Floats:
        values = generator.normal(by, 1.0, patients)
        values[generator.random(patients) >= PRESENT] = np.nan
        return values

    return {f"i{number}": one(shift if number == 0 else 0.0) for number in range(INPUTS)}


def alarmed(seed: int, *, shift: float = 0.0) -> set[str]:
    generator = np.random.default_rng(seed)
    reference, period = given(generator, REFERENCE), given(generator, LOOKS[-1], shift=shift)
    return {each.input for each in drifts(reference, period) if each.alarms}


def test_a_shift_is_named_with_its_size() -> None:
    generator = np.random.default_rng(7)
    reference, period = given(generator, REFERENCE), given(generator, LOOKS[-1], shift=0.5)
    (found,) = (
        each
        for each in drifts(reference, period)
        if (each.input, each.test, each.look) == ("i0", "mean", LOOKS[-1])
    )
    assert found.alarms
    assert found.shift == pytest.approx(0.5, abs=0.1)
    assert found.psi > 0.1


def test_more_missing_values_alarm() -> None:
    generator = np.random.default_rng(3)
    reference = given(generator, REFERENCE)
    period = dict(given(generator, LOOKS[-1]))
    period["i1"] = np.full(LOOKS[-1], np.nan)
    assert {each.test for each in drifts(reference, period) if each.alarms} == {"missing"}


def test_beside_an_empty_reference_nothing_is_tested() -> None:
    assert list(drifts({}, given(np.random.default_rng(1), LOOKS[-1]))) == []


def test_a_period_that_has_not_reached_a_look_is_not_looked_at() -> None:
    generator = np.random.default_rng(1)
    reference = given(generator, REFERENCE)
    assert list(drifts(reference, given(generator, LOOKS[0] - 1))) == []
    looks = {each.look for each in drifts(reference, given(generator, LOOKS[1]))}
    assert looks == set(LOOKS[:2])


def test_values_that_never_vary_do_not_alarm() -> None:
    same = {"i": np.ones(REFERENCE)}
    assert not any(each.alarms for each in drifts(same, {"i": np.ones(LOOKS[-1])}))


def test_the_stability_index_of_halves_is_as_worked_out_by_hand() -> None:
    before = np.repeat([0.0, 1.0], 5000)
    now = np.concatenate([np.zeros(2500), np.ones(7500)])
    by_hand = (0.25 - 0.5) * np.log(0.25 / 0.5) + (0.75 - 0.5) * np.log(0.75 / 0.5)
    assert psi(before, now) == pytest.approx(by_hand, abs=1e-3)
    assert np.isnan(psi(before, np.array([np.nan])))


@pytest.mark.long
def test_of_a_thousand_runs_without_drift_at_most_one_in_twenty_alarms(
    record_property: Callable[[str, object], None],
) -> None:
    runs = 1000
    false = sum(bool(alarmed(seed)) for seed in range(runs))
    record_property("false alarms in 1,000 runs without drift", false)
    assert false <= ALPHA * runs


@pytest.mark.long
def test_a_shift_of_a_fifth_of_an_sd_is_found_within_two_thousand_patients(
    record_property: Callable[[str, object], None],
) -> None:
    runs = 200
    found = sum("i0" in alarmed(seed, shift=0.2) for seed in range(runs))
    record_property("found of 200 shifts of 0.2 SD", found)
    assert found >= 0.8 * runs
