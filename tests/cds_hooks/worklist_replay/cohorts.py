"""Made-up stays of two hospitals, as the challenge's data are laid out, and small enough to fit."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import numpy as np

from cds_hooks.worklist_replay.stays import Stays
from predictors.models.sepsis_risk import train as training
from tests.predictors.models.sepsis_risk import made_up_stays


def written(folder: Path) -> Path:
    """The folder with both training sets in it."""
    made_up_stays.stays(60).to_parquet(folder / "cinc2019_setA.parquet")
    made_up_stays.stays(50, seed=7, first=100_001).to_parquet(folder / "cinc2019_setB.parquet")
    return folder


@contextmanager
def few_rows() -> Iterator[None]:
    """In which something can be learned from as few rows."""
    with patch.object(training, "SETTINGS", {**training.SETTINGS, "min_data_in_leaf": 20}):
        yield


def made(onset: list[float], *, length: int = 30, risk: list[float] | None = None) -> Stays:
    """Stays of that length; the risk is one for each stay, or 0.1."""
    count = len(onset)
    each = np.array(risk if risk is not None else [0.1] * count)
    return Stays(
        "A",
        np.arange(count) * length,
        np.full(count, length),
        np.array(onset, dtype=np.float64),
        np.repeat(each, length),
        {"sex": np.array(["female", "male"] * count)[:count]},
    )
