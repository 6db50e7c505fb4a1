"""The bedside scores of all rows at once are those that the predictors give one by one."""

import numpy as np
import pytest

from predictors.models.sepsis_risk.comparators import USED, comparators, scored
from predictors.models.sepsis_risk.features import VARIABLES
from predictors.predictor import NotAssessed, Predictor
from predictors.scores.news2 import news2
from predictors.scores.qsofa import qsofa
from predictors.scores.sirs import sirs

NORMAL = {
    "heart_rate": (80, 30),
    "spo2": (94, 5),
    "temperature": (37, 1.5),
    "sbp": (110, 30),
    "resp_rate": (20, 7),
    "fio2": (21, 0),
    "paco2": (38, 8),
    "wbc": (9, 5),
}
HALF_HOURS = {"fio2": (21.0, 21.0, 50.0)}


def made_up(rows: int) -> dict[str, np.ndarray[tuple[int], np.dtype[np.float64]]]:
    random = np.random.default_rng(8)
    values = {}
    for name, (mean, spread) in NORMAL.items():
        drawn = np.abs(random.normal(mean, spread, rows).round(1))
        drawn = random.choice(HALF_HOURS[name], rows) if name in HALF_HOURS else drawn
        values[name] = np.where(random.random(rows) < 0.3, np.nan, drawn)
    return values


@pytest.mark.parametrize(
    ("place", "score", "outcome"), [(0, news2, "NEWS2"), (1, sirs, "SIRS"), (2, qsofa, "qSOFA")]
)
def test_each_score_is_its_predictors(place: int, score: Predictor, outcome: str) -> None:
    values = made_up(400)
    found = scored(values)[:, place]
    taken = {each.name for each in score.inputs}
    for number in range(400):
        known = {name: float(each[number]) for name, each in values.items() if name in taken}
        known = {name: value for name, value in known.items() if not np.isnan(value)}
        try:
            expected = score.assess({"age": 60.0, **known})[outcome].value
        except NotAssessed:
            expected = np.nan
        assert np.array_equal(found[number], expected, equal_nan=True), known


def test_values_count_for_their_acute_look_back_within_the_stay() -> None:
    history = np.full((30, len(VARIABLES)), np.nan)
    column = {each.name: place for place, each in enumerate(VARIABLES)}
    history[0, [column["sbp"], column["wbc"]]] = 80.0
    quick = comparators(history, [0, 20, 30])["qSOFA without GCS"]
    assert quick[:12].tolist() == [1.0] * 12
    assert np.isnan(quick[12:]).all()
    response = comparators(history, [0, 20, 30])["SIRS"]
    assert np.isfinite(response).tolist() == [True] * 20 + [False] * 10


def test_every_variable_that_is_used_is_one_of_the_grids() -> None:
    assert set(USED) <= {each.name for each in VARIABLES}
