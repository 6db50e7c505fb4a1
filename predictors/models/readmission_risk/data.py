"""Diabetes 130-US hospitals 1999-2008 (UCI 296, CC BY 4.0): stays as the model's inputs."""

from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from predictors.models.readmission_risk import icd9
from predictors.models.readmission_risk.comparators import hospital, lace
from predictors.models.readmission_risk.features import CONDITIONS, FEATURES, features
from predictors.training.cohort import Cohort, Flags, Floats, age_bands
from predictors.tree_model import Feature

HELD_OUT, PARTS = 2, 10
DIED_OR_HOSPICE = {"11", "13", "14", "19", "20", "21"}
PRIORITIES = {"1": "emergency", "7": "emergency", "2": "urgent", "3": "elective"}
DISPOSITIONS = {
    **dict.fromkeys(("1",), "home"),
    **dict.fromkeys(("6", "8"), "home_health"),
    **dict.fromkeys(("3", "4", "15", "24"), "nursing_facility"),
    **dict.fromkeys(("22",), "rehabilitation"),
    **dict.fromkeys(("2", "5", "9", "10", "23", "27", "29", "30"), "facility"),
    **dict.fromkeys(("28",), "psychiatric"),
    **dict.fromkeys(("7",), "against_advice"),
}
"""The adapters' meanings of the codes that say where a patient went."""

COUNTED = {
    "inpatient_visits": "number_inpatient",
    "emergency_visits": "number_emergency",
    "outpatient_visits": "number_outpatient",
}
EARLIER = {
    "most_inpatient_visits": "inpatient_visits",
    "most_emergency_visits": "emergency_visits",
}
METFORMIN = (
    "metformin",
    "glyburide-metformin",
    "glipizide-metformin",
    "metformin-rosiglitazone",
    "metformin-pioglitazone",
)
Columns = Mapping[str, NDArray[Any]]


def read(path: Path | None, form: str) -> Cohort:
    """The stays in `diabetic_data.csv` as if no discharge were planned: see `stays`."""
    return stays(path, form, FEATURES, features)


def stays(
    path: Path | None,
    form: str,
    features: tuple[Feature, ...],
    rows: Callable[[Columns], Floats],
) -> Cohort:
    """The stays in `diabetic_data.csv` as published, or the same as parquet.

    Left out are deaths, discharges to a hospice and patients under 20. A patient's conditions are
    those of the three diagnoses of this stay and of earlier ones in the data, as on a chart.
    Raises ValueError for another format.
    """
    if form != "diabetes130" or path is None:
        raise ValueError(f"{form} is no format of stays with diabetes: diabetes130 is")
    frame = _stays(path)
    columns = _columns(frame)
    kept = ~frame["discharge_disposition_id"].isin(DIED_OR_HOSPICE) & (columns["age"] >= 20)
    chosen: Flags = np.array(kept & frame["gender"].isin(("Female", "Male")))
    frame, held = frame[chosen], {name: column[chosen] for name, column in columns.items()}
    return Cohort(
        "diabetes130",
        tuple(each.name for each in features),
        np.array(frame["patient_nbr"].astype(np.int64)),
        rows(held),
        np.array(frame["readmitted"] == "<30"),
        {
            "age": age_bands(held["age"]),
            "sex": np.array(frame["gender"].str.lower(), dtype=np.str_),
            "race": np.array(frame["race"].replace("?", ""), dtype=np.str_),
        },
        _comparators(held),
    )


def held_out(stays: Cohort) -> Cohort:
    """The fifth of the patients, by a hash of their number, whom training never saw."""
    return stays.take(set_aside(stays), f"{stays.name}, held out")


def set_aside(stays: Cohort) -> Flags:
    """Whose rows these are, [n]; salted, as the file itself may be a part by a hash."""
    numbers, row = np.unique(stays.patients, return_inverse=True)
    aside: Flags = np.array([_part(each) < HELD_OUT for each in numbers.tolist()])[row]
    return aside


def _part(patient: int) -> int:
    digest = sha256(f"readmission-risk/{patient}".encode()).hexdigest()
    return int(digest[:8], 16) % PARTS


def _stays(path: Path) -> pd.DataFrame:
    """Every stay as text, earlier ones first: encounters are numbered as they began."""
    if path.suffix == ".parquet":
        frame = pd.read_parquet(path)
    else:
        frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    order = frame["encounter_id"].astype(np.int64).argsort(kind="stable")
    return frame.iloc[order].reset_index(drop=True)


def _columns(stays: pd.DataFrame) -> Columns:
    counts = {name: stays[source].astype(float) for name, source in COUNTED.items()}
    patient = stays["patient_nbr"]
    most = {name: counts[of].groupby(patient).cummax() for name, of in EARLIER.items()}
    taken = {
        "insulin": stays["insulin"] != "No",
        "metformin": (stays[[*METFORMIN]] != "No").any(axis=1),
        "glucose_lowering": stays["diabetesMed"] == "Yes",
    }
    coded = {
        "admission_priority": stays["admission_type_id"].map(PRIORITIES).fillna(""),
        "discharge_disposition": stays["discharge_disposition_id"].map(DISPOSITIONS).fillna(""),
    }
    plain = {
        "age": stays["age"].str.extract(r"(\d+)", expand=False).astype(float),
        "inpatient_days": stays["time_in_hospital"].astype(float),
    }
    found = {**plain, **counts, **most, **taken, **coded, **_conditions(stays)}
    return {name: np.array(column) for name, column in found.items()}


def _conditions(stays: pd.DataFrame) -> dict[str, "pd.Series[Any]"]:
    codes = [
        np.array(stays[name].map(icd9.number), dtype=np.float64)
        for name in ("diag_1", "diag_2", "diag_3")
    ]
    patient = stays["patient_nbr"]
    return {
        name: pd.Series(icd9.recorded(name, codes)).groupby(patient).cummax() for name in CONDITIONS
    }


def _comparators(stays: Columns) -> dict[str, Floats]:
    """Published scores as far as the data go; NaN where the admission's urgency is not known."""
    known = stays["admission_priority"] != ""
    return {
        "inpatient visits": stays["inpatient_visits"].astype(np.float64),
        "LACE, emergency visits of a year": np.where(known, lace(stays), np.nan),
        "HOSPITAL simplified, without laboratory": np.where(known, hospital(stays), np.nan),
    }
