import numpy as np
import pytest

from predictors.training.intervals import Bootstrap, Estimate, estimates, resamples
from predictors.training.progress import silent

ROWS = np.repeat(np.arange(50), 4)
VALUES = np.random.default_rng(5).normal(size=50)[ROWS]


def mean(weights: np.ndarray[tuple[int], np.dtype[np.float64]]) -> dict[str, float]:
    return {"mean": float(weights @ VALUES / weights.sum())}


def test_all_rows_of_a_patient_are_drawn_together() -> None:
    for weights in resamples(ROWS, Bootstrap(5)):
        assert (weights.reshape(50, 4) == weights.reshape(50, 4)[:, :1]).all()
        assert weights.sum() == 200


def test_the_interval_is_as_wide_as_the_number_of_patients_says() -> None:
    found = estimates(mean, ROWS, Bootstrap(800), progress=silent)["mean"]
    error = VALUES[::4].std() / np.sqrt(50)
    assert found.value == pytest.approx(VALUES.mean())
    assert found.high - found.low == pytest.approx(2 * 1.96 * error, rel=0.15)


def test_the_same_seed_gives_the_same_interval() -> None:
    first, again, other = (
        estimates(mean, ROWS, Bootstrap(20, seed), progress=silent) for seed in (1, 1, 2)
    )
    assert first == again != other


def test_a_number_that_cannot_be_computed_has_no_interval() -> None:
    found = estimates(lambda _: {"none": float("nan")}, ROWS, Bootstrap(3), progress=silent)
    assert str(found["none"]) == str(Estimate(*[float("nan")] * 3))


def test_progress_reaches_the_end() -> None:
    told: list[float] = []
    estimates(mean, ROWS, Bootstrap(4), progress=lambda share, _: told.append(share))
    assert told == [0.25, 0.5, 0.75, 1.0]
