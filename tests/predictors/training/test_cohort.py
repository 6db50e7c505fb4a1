import numpy as np
import pytest

from predictors.training.cohort import Cohort, Survival, age_bands, part


def cohort(count: int = 4, **others: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Cohort:
    rows = np.arange(count * 2.0).reshape(count, 2)
    outcome = Survival(np.linspace(1, count, count), np.arange(count) % 2 == 0)
    return Cohort("few", ("a", "b"), np.arange(count), rows, outcome, **others)  # type: ignore[arg-type]


def test_rows_are_taken_with_all_that_belongs_to_them() -> None:
    whole = cohort(stays=np.arange(4), hours=np.arange(4))
    taken = whole.take(np.array([False, True, True, False]), "two")
    assert (taken.name, len(taken)) == ("two", 2)
    assert isinstance(taken.outcome, Survival)
    assert taken.outcome.years.tolist() == [2, 3]
    assert taken.events.tolist() == [False, True]
    assert taken.hours is not None
    assert taken.hours.tolist() == [1, 2]


def test_arrays_of_different_lengths_are_no_cohort() -> None:
    with pytest.raises(ValueError, match="length"):
        cohort(hours=np.arange(3))


def test_every_feature_has_a_column() -> None:
    with pytest.raises(ValueError, match="column"):
        Cohort("few", ("a",), np.arange(2), np.zeros((2, 2)), np.array([True, False]))


def test_a_patient_is_in_one_part_whoever_else_is_there() -> None:
    patients = np.arange(1000)
    parts = part(patients, 5)
    assert (part(patients[::-1][:10], 5) == parts[::-1][:10]).all()
    assert np.bincount(parts).min() > 150


def test_another_seed_parts_patients_anew() -> None:
    patients = np.arange(1000)
    assert 0.1 < (part(patients, 5) == part(patients, 5, seed=1)).mean() < 0.3


def test_an_age_has_its_band() -> None:
    ages = np.array([0.0, 19.9, 20, 59, 60, 80, 104, np.nan])
    expected = ["0-19", "0-19", "20-39", "40-59", "60-79", "80 and over", "80 and over", ""]
    assert age_bands(ages).tolist() == expected
