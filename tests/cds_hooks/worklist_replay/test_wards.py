import numpy as np

from cds_hooks.worklist_replay.wards import hours_of
from tests.cds_hooks.worklist_replay.cohorts import made


def test_every_replayed_hour_has_all_beds_taken_by_different_stays() -> None:
    hours = hours_of(made([np.inf] * 60), beds=5, seed=1)
    assert hours
    assert all(len(set(each.stay.tolist())) == 5 for each in hours)


def test_a_stay_is_there_hour_after_hour_and_never_twice() -> None:
    hours = hours_of(made([np.inf] * 60), beds=5, seed=1)
    seen: dict[int, list[int]] = {}
    for each in hours:
        for stay, hour in zip(each.stay.tolist(), each.hour.tolist(), strict=True):
            seen.setdefault(stay, []).append(hour)
    assert all(np.diff(found).tolist() == [1] * (len(found) - 1) for found in seen.values())


def test_who_lies_beside_whom_does_not_depend_on_outcomes() -> None:
    quiet = hours_of(made([np.inf] * 60), beds=5, seed=1)
    septic = hours_of(made([20.0] * 60), beds=5, seed=1)
    assert [each.stay.tolist() for each in quiet] == [each.stay.tolist() for each in septic]
