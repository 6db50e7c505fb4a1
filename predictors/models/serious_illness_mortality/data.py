"""SUPPORT (`support2.csv` as Vanderbilt publishes it): seriously ill inpatients as the inputs."""

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from predictors.models.serious_illness_mortality import DAYS
from predictors.models.serious_illness_mortality.features import ALWAYS, FEATURES, features
from predictors.training.cohort import Cohort, Flags, Floats, Survival, age_bands

HELD_OUT, PARTS = 3, 10

STUDY_DAY = 2.0
"""Physiology is of the third day in the study, two days after the day in hospital that it began."""

MEASURED = {
    "map": ("meanbp", 20, 230),
    "heart_rate": ("hrt", 10, 300),
    "resp_rate": ("resp", 3, 80),
    "temperature": ("temp", 25, 45),
    "sodium": ("sod", 100, 200),
    "creatinine": ("crea", 0.05, 50),
    "wbc": ("wblc", 0.01, 500),
    "albumin": ("alb", 0.5, 7),
    "bilirubin_total": ("bili", 0.05, 80),
    "bun": ("bun", 1, 300),
    "glucose": ("glucose", 10, 2000),
    "ph": ("ph", 6.5, 8.0),
    "urine_output_24h": ("urine", 0, 20000),
    "pao2": ("pafi", 15, 700),
}
"""The column of each measurement, and the range outside which it counts as not measured. PaO2 is
that of pure oxygen at the same ratio, which is what the data hold."""

QUALIFYING = {"heart_failure": "CHF", "copd": "COPD", "cirrhosis": "Cirrhosis"}
ORGAN_FAILURE = ("ARF/MOSF w/Sepsis", "MOSF w/Malig")
Columns = Mapping[str, NDArray[Any]]


def read(path: Path | None, form: str) -> Cohort:
    """The patients of `support2.csv` who were not in coma, with everything that is required.

    The outcome, death within 180 days, is known of every patient. Columns that are outcomes, costs
    or others' predictions (`sfdm2`, `surv2m`, `surv6m`, `prg2m`, `prg6m`, `sps`, `aps`, `dnr`,
    `avtisst`, `charges`, `slos`, ...) are no inputs. Raises ValueError for another format.
    """
    if form != "support2" or path is None:
        raise ValueError(f"{form} is no format of seriously ill inpatients: support2 is")
    kept, held = _kept(path)
    return Cohort(
        "support2",
        tuple(each.name for each in FEATURES),
        np.array(kept["sno"], dtype=np.int64),
        features(held),
        until_death(path).event,
        {
            "age": age_bands(held["age"]),
            "sex": np.array(kept["sex"], dtype=np.str_),
            "race": np.array(kept["race"].fillna(""), dtype=np.str_),
            "disease": np.array(kept["dzgroup"], dtype=np.str_),
        },
        _comparators(kept),
    )


def until_death(path: Path) -> Survival:
    """When each patient of `read` died, in years, or that 180 days later they had not."""
    kept, _ = _kept(path)
    died = (kept["death"] == 1) & (kept["d.time"] <= DAYS)
    return Survival(np.array(kept["d.time"].clip(upper=DAYS)) / 365.25, np.array(died))


def held_out(patients: Cohort) -> Cohort:
    """Three tenths of the patients, by a hash of their number, whom training never saw."""
    return patients.take(set_aside(patients), f"{patients.name}, held out")


def set_aside(patients: Cohort) -> Flags:
    """Whose rows these are, [n]."""
    aside: Flags = np.array([_part(each) < HELD_OUT for each in patients.patients.tolist()])
    return aside


def _part(patient: int) -> int:
    digest = sha256(f"serious-illness-mortality/{patient}".encode()).hexdigest()
    return int(digest[:8], 16) % PARTS


def _kept(path: Path) -> tuple[pd.DataFrame, Columns]:
    """Who was not in coma and has everything that is required, and their inputs."""
    frame = pd.read_csv(path)
    frame = frame[frame["dzgroup"] != "Coma"]
    columns = _columns(frame)
    needed = [columns[each.name] for each in ALWAYS]
    whole: Flags = ~np.isnan(np.column_stack(needed)).any(axis=1) & np.array(frame["scoma"] >= 0)
    return frame[whole], {name: column[whole] for name, column in columns.items()}


def _columns(frame: pd.DataFrame) -> Columns:
    disease, cancer = frame["dzgroup"], frame["ca"]
    found = {
        **{name: _plausible(frame[of], *limits) for name, (of, *limits) in MEASURED.items()},
        "fio2": pd.Series(100.0, index=frame.index),
        "age": np.floor(frame["age"]),
        "inpatient_days": frame["hday"] + STUDY_DAY,
        "avpu": pd.Series(np.where(frame["scoma"] == 0, "alert", "voice"), index=frame.index),
        **{name: disease == group for name, group in QUALIFYING.items()},
        "sepsis": disease.isin(ORGAN_FAILURE),
        "respiratory_failure": disease.isin(ORGAN_FAILURE),
        "malignancy": cancer != "no",
        "metastatic": cancer == "metastatic",
        "diabetes": frame["diabetes"] == 1,
        "dementia": frame["dementia"] == 1,
    }
    return {name: np.array(column) for name, column in found.items()}


def _plausible(column: "pd.Series[float]", low: float, high: float) -> "pd.Series[float]":
    return column.where((column >= low) & (column <= high))


def _comparators(frame: pd.DataFrame) -> dict[str, Floats]:
    """What the study predicted of the same patients, higher is riskier; NaN where it did not."""
    return {
        "SUPPORT physiology score": np.array(frame["sps"], dtype=np.float64),
        "SUPPORT model, 6 months": -np.array(frame["surv6m"], dtype=np.float64),
        "physicians' estimate, 6 months": -np.array(frame["prg6m"], dtype=np.float64),
    }
