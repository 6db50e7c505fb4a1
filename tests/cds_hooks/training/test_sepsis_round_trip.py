"""Hours of real stays, told in FHIR and read back, have the features that training gave them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import numpy as np

from predictors.hourly import Floats
from predictors.models.sepsis_risk import UNITS
from tests.beside import beside
from tests.cds_hooks.training.round_trip import AS_IT_IS, OTHER, Result, Stay, read_back

SERVICE = "sepsis-risk"
STAYS = 300
SENT_HOURS = 78
"""Some more than the model looks back, so that a page of the chart is no larger than it need be."""

BEGAN = datetime(2026, 3, 1, 5, tzinfo=UTC)


@cache
def stays() -> tuple[Stay, ...]:
    """So many stays, cut at some hour of theirs, with the features of that hour."""
    data = beside("data/cinc2019_setA.parquet")
    import pandas as pd

    from predictors.models.sepsis_risk.data import cohort

    frame = pd.read_parquet(data)
    names = frame["pid"].unique()
    chosen = names[:: len(names) // STAYS][:STAYS]
    cut = [_cut(stay) for _, stay in frame[frame["pid"].isin(chosen)].groupby("pid")]
    made = cohort(pd.concat(cut), name="cut")
    last = np.r_[np.diff(made.patients) != 0, True]
    return tuple(_stay(*each) for each in zip(cut, made.rows[last], strict=True))


def _cut(stay: Any) -> Any:
    number = int(stay["pid"].iloc[0].removeprefix("p"))
    return stay.iloc[: 1 + number * 7919 % len(stay)]


def _stay(rows: Any, features: Floats) -> Stay:
    """The stay at the end of the last hour of its published rows."""
    results = [
        Result(concept, value, timedelta(hours=hour, minutes=30))
        for concept, values in published(rows).items()
        for hour, value in enumerate(values.tolist())
        if not np.isnan(value) and hour >= len(rows) - SENT_HOURS
    ]
    asked = BEGAN + timedelta(hours=len(rows))
    return Stay(int(rows["Age"].iloc[0]), BEGAN, asked, results, features)


def published(stay: Any) -> dict[str, Floats]:
    """The published columns by concept, in its unit, as short as they were written."""
    from predictors.models.sepsis_risk.data import COLUMNS

    values = {}
    for concept, column in zip(UNITS, COLUMNS, strict=True):
        written = np.array([float(str(each)) for each in stay[column].to_numpy(dtype=np.float32)])
        values[concept] = np.round(100 * written, 4) if column == "FiO2" else written
    return values


def test_in_native_units_the_features_are_those_of_training_to_the_bit() -> None:
    assert read_back(SERVICE, stays(), told_in=AS_IT_IS, shuffled=False).differing == ()


def test_in_other_units_and_any_order_the_risk_is_the_same_to_a_thousandth(
    record_property: Callable[[str, object], None],
) -> None:
    back = read_back(SERVICE, stays(), told_in=OTHER, shuffled=True)
    record_property("sepsis round trip in other units", back.told)
    assert back.same_gaps
    assert back.risk_apart < 1e-3
