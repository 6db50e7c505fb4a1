"""Stays of nobody in the published layout of the challenge."""

import numpy as np
import pandas as pd

from predictors.models.sepsis_risk.data import COLUMNS


def stays(number: int = 40, hours: int = 30, seed: int = 6, *, first: int = 1) -> pd.DataFrame:
    """Every fourth grows ill in its 15th hour and is labelled from then on.

    They are numbered from `first` on.
    """
    random = np.random.default_rng(seed)
    stay, hour = np.divmod(np.arange(number * hours), hours)
    ill = (stay % 4 == 0) & (hour >= 14)
    frame = pd.DataFrame(
        {
            name: np.where(
                random.random(len(stay)) < (0.2 if place < 7 else 0.7),
                np.nan,
                random.normal(60, 8, len(stay)).round(1),
            )
            for place, name in enumerate(COLUMNS)
        }
    )
    frame["HR"] += 40.0 * ill
    frame["pH"] = np.where(frame["pH"].isna(), np.nan, 7.3)
    frame["FiO2"] = np.where(frame["FiO2"].isna(), np.nan, 0.4)
    frame["Temp"] = frame["Temp"] / 2 + 7
    return frame.assign(
        pid=[f"p{each:06d}" for each in stay + first],
        Age=np.float32(40.5) + stay % 40,
        Gender=stay % 2,
        Unit1=np.where(stay % 3 == 0, 1.0, np.where(stay % 3 == 1, 0.0, np.nan)),
        Unit2=np.where(stay % 3 == 0, 0.0, np.where(stay % 3 == 1, 1.0, np.nan)),
        SepsisLabel=ill.astype(int),
    )
