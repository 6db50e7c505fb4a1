"""Stays of nobody in the layouts of the challenge of 2012."""

from pathlib import Path

import numpy as np
import pandas as pd

from predictors.models.icu_mortality_risk.data import MEASURED

FIRST = 900001


def stays(number: int = 60, seed: int = 12) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Long rows and outcomes, the later half of set b; every fifth dies, slow and without urine."""
    random = np.random.default_rng(seed)
    rows = [row for stay in range(number) for row in _stay(stay, number, random)]
    told = pd.DataFrame(rows, columns=["set", "RecordID", "min", "par", "val"])
    died = [int(stay % 5 == 0) for stay in range(number)]
    outcomes = pd.DataFrame(
        {
            "RecordID": [FIRST + stay for stay in range(number)],
            "SAPS-I": [-1, *range(5, number + 4)],
            "SOFA": [4] * number,
            "In-hospital_death": died,
        }
    )
    return told.assign(val=told["val"].astype(np.float32)), outcomes


def _stay(
    stay: int, number: int, random: np.random.Generator
) -> list[tuple[str, int, int, str, float]]:
    which, record, dies = "ab"[2 * stay // number], FIRST + stay, stay % 5 == 0
    described = [("Age", 40 + stay % 50), ("Gender", stay % 2), ("ICUType", 1 + stay % 4)]
    rows = [(which, record, 0, name, float(value)) for name, value in described]
    for name, measured in MEASURED.items():
        if random.random() < 0.15:
            continue
        low, high = measured.low / measured.factor, measured.high / measured.factor
        for minute in random.choice(2880, 6, replace=False).tolist():
            value = low + (high - low) * (0.2 + 0.1 * random.random() + 0.1 * dies)
            value = 0.0 if dies and name == "urine_output" else round(value, 2)
            rows.append((which, record, minute, measured.names[-1], value))
    return rows


def in_a_table(folder: Path, number: int = 60) -> Path:
    """A parquet with its outcomes beside it."""
    told, outcomes = stays(number)
    path = folder / "physionet2012_made_up.parquet"
    told.to_parquet(path)
    outcomes.to_csv(folder / "physionet2012_made_up_outcomes.csv", index=False)
    return path


def in_texts(folder: Path, number: int = 60) -> Path:
    """A folder a set of texts a stay, and their outcomes."""
    told, outcomes = stays(number)
    for record, stay in told.groupby("RecordID"):
        which = stay["set"].iloc[0]
        (folder / f"set-{which}").mkdir(parents=True, exist_ok=True)
        clock = stay["min"].map(lambda minute: f"{minute // 60:02}:{minute % 60:02}")
        text = pd.DataFrame({"Time": clock, "Parameter": stay["par"], "Value": stay["val"]})
        text.to_csv(folder / f"set-{which}" / f"{record}.txt", index=False)
    for which in "ab":
        there = outcomes[outcomes["RecordID"].isin(told["RecordID"][told["set"] == which])]
        there.to_csv(folder / f"Outcomes-{which}.txt", index=False)
    return folder
