"""What the model is shown beside that the data do not hold: NEWS2 at the end of the 48 hours."""

from collections.abc import Mapping, Sequence

import numpy as np

from predictors.predictor import NotAssessed, Value
from predictors.scores.news2 import news2
from predictors.tree_model import Floats

ACUTE_DAYS = 0.5
VITALS = ("resp_rate", "spo2", "sbp", "heart_rate", "temperature")


def comparators(stays: Sequence[Mapping[str, Value]]) -> Mapping[str, Floats]:
    """The scores [n] of stays by name; NaN where no vital sign is known.

    Each is of the newest values of the last 12 hours; a coma score below 15 is taken for not alert,
    and an inspired fraction for oxygen, as the data hold neither AVPU nor flow.
    """
    return {"NEWS2": np.array([_news2(stay) for stay in stays], dtype=np.float64)}


def _news2(stay: Mapping[str, Value]) -> float:
    newest = {name: _newest(stay.get(name)) for name in (*VITALS, "fio2", "gcs_total")}
    facts: dict[str, Value] = {k: v for k, v in newest.items() if v is not None}
    score = facts.pop("gcs_total", None)
    if isinstance(score, float):
        facts["avpu"] = "alert" if score == 15 else "confused"
    try:
        return news2.assess({**facts, "age": stay["age"]}).predictions[0].value
    except NotAssessed:
        return float("nan")


def _newest(series: Value | None) -> float | None:
    if not isinstance(series, tuple) or not series or series[-1][0] > ACUTE_DAYS:
        return None
    return series[-1][1]
