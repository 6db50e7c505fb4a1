from pathlib import Path

import numpy as np
import pytest

from cds_hooks.worklist_replay import stays as module
from cds_hooks.worklist_replay.stays import stays_of, two_hospitals
from predictors.models.sepsis_risk import train as training
from predictors.models.sepsis_risk.data import cohort
from predictors.training.progress import silent
from tests.cds_hooks.worklist_replay.cohorts import few_rows, written
from tests.predictors.models.sepsis_risk import made_up_stays


def test_the_onset_is_six_hours_after_the_label_begins() -> None:
    patients = cohort(made_up_stays.stays(8), name="eight")
    found = stays_of(patients, np.zeros(len(patients)), "A")
    assert set(found.onset.tolist()) == {20.0, np.inf}


def test_stays_that_are_septic_in_their_first_hour_have_no_known_onset_and_are_left_out() -> None:
    frame = made_up_stays.stays(8)
    first = frame["pid"] == frame["pid"].iloc[0]
    frame.loc[first, "SepsisLabel"] = 1
    patients = cohort(frame, name="eight")
    assert len(stays_of(patients, np.zeros(len(patients)), "A")) == 7


def test_a_hospital_is_judged_by_trees_that_never_saw_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    learned: list[set[str]] = []

    def fitted(some: object, size: object, flags: object = None) -> object:
        learned.append(set(some.subgroups["hospital"]))  # type: ignore[attr-defined]
        return fit(some, size, flags)  # type: ignore[arg-type]

    fit = training.fit
    monkeypatch.setattr(module, "fit", fitted)
    with few_rows():
        found = two_hospitals(written(tmp_path), progress=silent)
    assert learned == [{"A"}] * 4 + [{"B"}] * 4
    assert {judged: pair[0].hospital for judged, pair in found.items()} == {"B": "A", "A": "B"}
    for tuned, judged in found.values():
        assert np.isfinite(tuned.risk).all()
        assert np.isfinite(judged.risk).all()
