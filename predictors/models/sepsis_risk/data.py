"""The PhysioNet/CinC Challenge 2019 as it was published: hourly rows of intensive care stays."""

from collections.abc import Iterator
from hashlib import sha256
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd

from predictors.hourly import Floats, rounded, windows
from predictors.models.sepsis_risk.comparators import comparators
from predictors.models.sepsis_risk.features import FEATURES, LAB_HOURS, VARIABLES, features
from predictors.training.cohort import Cohort, Flags, Labels, age_bands

COLUMNS = {
    "HR": (10, 300),
    "O2Sat": (50, 100),
    "Temp": (25, 45),
    "SBP": (40, 300),
    "MAP": (20, 230),
    "DBP": (20, 200),
    "Resp": (2, 80),
    "FiO2": (21, 100),
    "HCO3": (2, 60),
    "pH": (6.5, 8),
    "PaCO2": (5, 200),
    "BUN": (1, 250),
    "Creatinine": (0.1, 30),
    "Calcium": (3, 20),
    "Phosphate": (0.3, 20),
    "Magnesium": (0.3, 10),
    "Potassium": (1, 12),
    "Chloride": (50, 160),
    "Glucose": (10, 2000),
    "Lactate": (0.1, 40),
    "Bilirubin_total": (0.05, 80),
    "AST": (1, 30000),
    "Alkalinephos": (1, 10000),
    "Hct": (5, 80),
    "Hgb": (1, 27),
    "PTT": (10, 250),
    "WBC": (0.01, 500),
    "Platelets": (1, 3000),
}
"""The published columns in the order of the grid's variables, and what is plausible of each.

They are in the concepts' units, except for FiO2, which is a fraction.
"""

NEEDED = [*COLUMNS, "Age", "Gender", "Unit1", "Unit2", "SepsisLabel"]
STAYS_AT_ONCE = 25
ADULT = 18
TABLES = "cinc2019_set*.parquet"
HOME, ELSEWHERE = "A", "B"
FIRST_OF_B = 100_000
"""The challenge numbers the stays of hospital A (Boston) below it, those of B (Atlanta) above."""


def read(path: Path, _format: str = "cinc2019") -> Cohort:
    """The cohort in parquets of all rows with `pid`, or in folders of PSV files, one a stay.

    A folder with tables named as TABLES is those, any other all the PSV files in it. Every hour of
    an adult's stay is a row. Raises ValueError if columns are missing.
    """
    return cohort(adults(path), name=path.stem)


def adults(path: Path) -> pd.DataFrame:
    """The rows as they were published, of the stays of adults; raises ValueError as `read`."""
    frame = pd.concat([pd.read_parquet(each) for each in _tables(path)] or [_folder(path)])
    if lacking := sorted({*NEEDED, "pid"} - set(frame.columns)):
        raise ValueError(f"not of the challenge of 2019: no {', '.join(lacking)}")
    return frame[frame["Age"] >= ADULT]


def digest(path: Path) -> str:
    """The SHA-256 of the hashes of the files' contents, in the order of their names."""
    hashed = sha256()
    for each in _tables(path) or sorted(path.rglob("*.psv")):
        hashed.update(sha256(each.read_bytes()).digest())
    return hashed.hexdigest()


def held_out(patients: Cohort) -> Cohort:
    """Raises ValueError: training sets nobody aside."""
    raise ValueError(
        f"of {patients.name} training set nobody aside: --as-developed judges one hospital by "
        "trees of the other"
    )


def hospital(patients: Cohort, name: str) -> Flags:
    """Which rows [n] are of that hospital: HOME or ELSEWHERE."""
    return np.asarray(patients.subgroups["hospital"] == name)


def _tables(path: Path) -> list[Path]:
    return sorted(path.glob(TABLES)) if path.is_dir() else [path]


def cohort(frame: pd.DataFrame, *, name: str) -> Cohort:
    """The cohort of rows in the order of stay and hour."""
    numbers = frame["pid"].astype(str).str.extract(r"(\d+)")[0].to_numpy(dtype=np.int64)
    first = np.r_[0, np.flatnonzero(np.diff(numbers)) + 1]
    age = np.floor(frame["Age"].to_numpy(dtype=np.float64))
    grids = history(frame)
    bounds = [*first.tolist(), len(frame)]
    hours = np.arange(len(frame)) - np.repeat(first, np.diff(bounds))
    return Cohort(
        name,
        tuple(each.name for each in FEATURES),
        numbers,
        np.concatenate(list(_rows(grids, age, bounds))),
        frame["SepsisLabel"].to_numpy() == 1,
        {
            "hospital": np.where(numbers < FIRST_OF_B, HOME, ELSEWHERE),
            "age": age_bands(age),
            "sex": _sexes(frame),
            "unit": _units(frame),
        },
        comparators(grids, bounds),
        stays=numbers,
        hours=hours.astype(np.int64),
    )


def history(frame: pd.DataFrame) -> Floats:
    """What was measured in each hour, [rows, VARIABLES], rounded and plausible."""
    fraction = frame["FiO2"].where(frame["FiO2"] > 1, 100 * frame["FiO2"])
    published = frame.assign(FiO2=fraction)[list(COLUMNS)]
    values = rounded(published.to_numpy(dtype=np.float64), VARIABLES)
    low, high = np.array(list(COLUMNS.values()), dtype=np.float64).T
    return np.where((values >= low) & (values <= high), values, np.nan)


def _rows(history: Floats, age: Floats, bounds: list[int]) -> Iterator[Floats]:
    for start in range(0, len(bounds) - 1, STAYS_AT_ONCE):
        some = bounds[start : start + STAYS_AT_ONCE + 1]
        grids = [windows(history[a:b], hours=LAB_HOURS) for a, b in pairwise(some)]
        yield features(np.concatenate(grids), age[some[0] : some[-1]])


def _folder(path: Path) -> pd.DataFrame:
    stays = sorted(path.rglob("*.psv"))
    if not stays:
        raise ValueError("no PSV files")
    read = (pd.read_csv(BytesIO(each.read_bytes()), sep="|") for each in stays)
    return pd.concat([each.assign(pid=file.stem) for file, each in zip(stays, read, strict=True)])


def _sexes(frame: pd.DataFrame) -> Labels:
    return np.where(frame["Gender"] == 1, "male", "female")


def _units(frame: pd.DataFrame) -> Labels:
    """Medical and surgical intensive care, where it is given."""
    medical, surgical = frame["Unit1"] == 1, frame["Unit2"] == 1
    return np.where(medical, "medical", np.where(surgical, "surgical", ""))
