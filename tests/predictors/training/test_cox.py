import numpy as np
import pytest

from predictors.training.cohort import Floats, Survival
from predictors.training.cox import partial_likelihood

CHANCE = np.random.default_rng(3)
YEARS = np.round(CHANCE.exponential(4, 120), 1) + 0.1
SEEN = Survival(YEARS, CHANCE.random(120) < 0.6)
MARGIN = CHANCE.normal(0, 1, 120)
HORIZON = 5.0


def loss_by_definition(margin: Floats) -> float:
    parts = [
        np.log(np.exp(margin[SEEN.years >= year]).sum()) - margin[patient]
        for patient, year in enumerate(SEEN.years)
        if SEEN.event[patient] and year <= HORIZON
    ]
    return float(np.mean(parts))


def test_the_loss_is_that_of_each_event_among_those_still_at_risk() -> None:
    found = partial_likelihood(SEEN, horizon=HORIZON).loss(MARGIN)
    assert found == pytest.approx(loss_by_definition(MARGIN))


def test_the_gradients_are_the_derivatives_of_the_loss() -> None:
    likelihood = partial_likelihood(SEEN, horizon=HORIZON)
    gradient, curvature = likelihood.gradients(MARGIN)
    events = int((SEEN.event & (SEEN.years <= HORIZON)).sum())
    for patient in range(0, 120, 7):
        step = np.zeros(120)
        step[patient] = 1e-4
        before, after = likelihood.loss(MARGIN - step), likelihood.loss(MARGIN + step)
        slope = (after - before) / 2e-4
        bend = (after - 2 * likelihood.loss(MARGIN) + before) / 1e-8
        assert gradient[patient] == pytest.approx(events * slope, abs=1e-5)
        assert curvature[patient] == pytest.approx(max(events * bend, 1e-6), abs=1e-4)


def test_a_constant_added_to_every_margin_changes_nothing() -> None:
    likelihood = partial_likelihood(SEEN, horizon=HORIZON)
    assert likelihood.loss(MARGIN + 700) == pytest.approx(likelihood.loss(MARGIN))
