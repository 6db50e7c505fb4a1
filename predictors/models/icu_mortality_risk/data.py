"""The PhysioNet/CinC Challenge 2012 as it was published, or its long form in one parquet."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd

from predictors.models.icu_mortality_risk.comparators import comparators
from predictors.models.icu_mortality_risk.features import FEATURES, HOURS, features, history
from predictors.predictor import Value
from predictors.training.cohort import Cohort, Flags, Floats, Labels, age_bands

MINUTES_A_DAY = 1440
UNKNOWN = -1
JUDGED = "b"
"""The set on whose patients the model is judged and calibrated, each by trees that never saw them.

What is read off the charts, and the settings, were chosen in set a.
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """What one input is called in the data (by line or by cuff), and what is plausible of it.

    `factor` takes it to the input's unit, in which it is rounded to `decimals`.
    """

    names: tuple[str, ...]
    low: float
    high: float
    decimals: int
    factor: float = 1.0


MEASURED = {
    "heart_rate": Measured(("HR",), 10, 300, 2),
    "sbp": Measured(("SysABP", "NISysABP"), 40, 300, 2),
    "dbp": Measured(("DiasABP", "NIDiasABP"), 20, 200, 2),
    "map": Measured(("MAP", "NIMAP"), 20, 230, 2),
    "resp_rate": Measured(("RespRate",), 2, 80, 2),
    "temperature": Measured(("Temp",), 25, 45, 3),
    "gcs_total": Measured(("GCS",), 3, 15, 0),
    "fio2": Measured(("FiO2",), 21, 100, 2, factor=100),
    "pao2": Measured(("PaO2",), 15, 700, 2),
    "paco2": Measured(("PaCO2",), 5, 200, 2),
    "ph": Measured(("pH",), 6.5, 8, 4),
    "creatinine": Measured(("Creatinine",), 0.1, 30, 4),
    "bun": Measured(("BUN",), 1, 250, 2),
    "potassium": Measured(("K",), 1, 12, 3),
    "bicarbonate": Measured(("HCO3",), 2, 60, 2),
    "glucose": Measured(("Glucose",), 10, 2000, 2),
    "hematocrit": Measured(("HCT",), 5, 80, 3),
    "platelets": Measured(("Platelets",), 1, 3000, 2),
    "bilirubin_total": Measured(("Bilirubin",), 0.05, 80, 4),
    "alp": Measured(("ALP",), 1, 10000, 2),
    "albumin": Measured(("Albumin",), 0.5, 7, 3),
    "lactate": Measured(("Lactate",), 0.1, 40, 3),
    "magnesium": Measured(("Mg",), 0.3, 10, 3),
    "peep": Measured(("MechVent",), 0, 60, 2),
    "urine_output": Measured(("Urine",), 0, 5000, 1),
    "spo2": Measured(("SaO2",), 50, 100, 2),
    "weight": Measured(("Weight",), 30, 300, 3),
}
"""The published parameters of each input. A weight under 30 kg is a code or an error.

Magnesium is in mg/dL, whatever the challenge's page says. Of ventilation the data hold only that
there was some (1); in a chart that shows in a PEEP. Saturation is only for NEWS2.
"""

AGE, SEX, UNIT = "Age", "Gender", "ICUType"
UNITS = {1: "coronary", 2: "cardiac surgery", 3: "medical", 4: "surgical"}
COLUMNS = ("RecordID", "min", "par", "val")
DIED = "In-hospital_death"
SCORES = ("SAPS-I", "SOFA")


def read(path: Path, _format: str = "physionet2012") -> Cohort:
    """The cohort of a parquet with its outcomes beside it, or of a folder.

    The parquet has RecordID, min, par and val, and perhaps set; its outcomes are the CSV of the
    same name with `_outcomes`. The folder holds such a parquet (physionet2012*) or, as published, a
    text a stay and Outcomes*.txt. Raises ValueError if something is not there.
    """
    table = _table(path)
    frame = _folder(path) if table is None else pd.read_parquet(table)
    outcomes = pd.concat([pd.read_csv(each) for each in _outcome_files(path)])
    for lacking in (set(COLUMNS) - set(frame.columns), {"RecordID", DIED} - set(outcomes.columns)):
        if lacking:
            raise ValueError(f"not of the challenge of 2012: no {', '.join(sorted(lacking))}")
    return cohort(frame, outcomes, name=(table or path).stem)


def digest(path: Path) -> str:
    """The SHA-256 of the hashes of the data's files, outcomes last."""
    table = _table(path)
    files = _stays(path) if table is None else [table]
    hashed = sha256()
    for each in (*files, *_outcome_files(path)):
        hashed.update(sha256(each.read_bytes()).digest())
    return hashed.hexdigest()


def held_out(patients: Cohort) -> Cohort:
    """Raises ValueError: training sets nobody aside."""
    raise ValueError(f"of {patients.name} training set nobody aside: validate on other patients")


def judged(patients: Cohort) -> Flags:
    """Which rows [n] are of set b; all where the data hold no set b."""
    of_b = np.asarray(patients.subgroups["set"] == JUDGED)
    return of_b if of_b.any() else np.ones(len(patients), dtype=np.bool_)


def cohort(frame: pd.DataFrame, outcomes: pd.DataFrame, *, name: str) -> Cohort:
    """The cohort of all stays with an outcome, in the order of their numbers."""
    known = outcomes.drop_duplicates("RecordID").set_index("RecordID").sort_index()
    told = frame[frame["RecordID"].isin(known.index)]
    stays, about = stays_of(told, known.index), _about(told, known.index)
    age = about[AGE].to_numpy(dtype=np.float64)
    weight = np.array([stay.get("weight", np.nan) for stay in stays], dtype=np.float64)
    grids = np.stack([history(stay) for stay in stays])
    return Cohort(
        name,
        tuple(each.name for each in FEATURES),
        known.index.to_numpy(dtype=np.int64),
        features(grids, weight, age),
        known[DIED].to_numpy() == 1,
        {
            "set": _sets(told, known.index),
            "age": age_bands(age),
            "sex": _labels(about[SEX], {0: "female", 1: "male"}),
            "unit": _labels(about[UNIT], UNITS),
        },
        {
            **{name: _score(known[name]) for name in SCORES if name in known.columns},
            **comparators(stays),
        },
    )


def stays_of(frame: pd.DataFrame, numbers: "pd.Index[int]") -> list[Mapping[str, Value]]:
    """What a chart would know of each stay 48 hours after it began."""
    series, about = _series(measurements(frame)), _about(frame, numbers)
    return [
        {"age": age, "intensive_care_hours": float(HOURS), **series.get(number, {})}
        for number, age in zip(numbers.tolist(), about[AGE].tolist(), strict=True)
    ]


def measurements(frame: pd.DataFrame) -> pd.DataFrame:
    """The plausible values in the inputs' units: RecordID, min, input, value, as they came."""
    meant = {each: name for name, of in MEASURED.items() for each in of.names}
    told = frame[frame["par"].isin(meant)]
    names = told["par"].astype(str).map(meant)
    # The parquet holds 32-bit numbers: their shortest text is what was written down.
    written = told["val"].astype(str).astype(np.float64).to_numpy()
    value = _mended(names, written * _each(names, "factor"))
    made = told[["RecordID"]].assign(min=told["min"].astype(np.int64), input=names, value=value)
    plausible = (value >= _each(names, "low")) & (value <= _each(names, "high"))
    decimals = _each(names, "decimals").astype(int)
    pairs = zip(value.tolist(), decimals.tolist(), strict=True)
    made["value"] = [round(each, places) for each, places in pairs]
    order = ["RecordID", "input", "min", "value"]
    return made[plausible].drop_duplicates(order).sort_values(order, kind="stable")


def _mended(names: "pd.Series[str]", value: Floats) -> Floats:
    """A pH written without its point, as 735 or 73.5."""
    ph, mended = (names == "ph").to_numpy(), value.copy()
    mended[ph & (value >= 650) & (value <= 800)] /= 100
    mended[ph & (value >= 65) & (value <= 80)] /= 10
    return mended


def _each(names: "pd.Series[str]", what: str) -> Floats:
    """That of each row's input, [rows]."""
    said = {name: float(getattr(each, what)) for name, each in MEASURED.items()}
    return np.array(names.map(said), dtype=np.float64)


def _series(measured: pd.DataFrame) -> Mapping[int, dict[str, Value]]:
    """The series of each stay by its number; of the weight only the newest is read."""
    before = (HOURS * 60 - measured["min"].to_numpy()) / MINUTES_A_DAY
    number, name = measured["RecordID"].to_numpy(), measured["input"].to_numpy(dtype=str)
    pairs = list(zip(before.tolist(), measured["value"].tolist(), strict=True))
    new = np.flatnonzero((number[1:] != number[:-1]) | (name[1:] != name[:-1])) + 1
    stays: defaultdict[int, dict[str, Value]] = defaultdict(dict)
    for start, end in pairwise([0, *new.tolist(), len(pairs)]):
        found = tuple(pairs[start:end])
        weighed = name[start] == "weight"
        stays[int(number[start])][str(name[start])] = found[-1][1] if weighed else found
    return stays


def _about(frame: pd.DataFrame, numbers: "pd.Index[int]") -> pd.DataFrame:
    """Age, sex and unit of each stay, from the descriptions at its beginning."""
    told = frame[frame["par"].isin([AGE, SEX, UNIT])].assign(
        par=lambda rows: rows["par"].astype(str)
    )
    return told.pivot_table(index="RecordID", columns="par", values="val").reindex(numbers)


def _labels(codes: "pd.Series[float]", meaning: Mapping[int, str]) -> Labels:
    return codes.map(meaning).fillna("").to_numpy(dtype=str)


def _score(values: "pd.Series[float]") -> Floats:
    scores = values.to_numpy(dtype=np.float64)
    return np.where(scores == UNKNOWN, np.nan, scores)


def _sets(frame: pd.DataFrame, numbers: "pd.Index[int]") -> Labels:
    if "set" not in frame.columns:
        return np.full(len(numbers), "", dtype=str)
    first = frame.drop_duplicates("RecordID").set_index("RecordID")["set"]
    return first.reindex(numbers).astype(str).to_numpy(dtype=str)


def _table(path: Path) -> Path | None:
    """The parquet at the path or in the folder; None for a folder of texts."""
    return next(iter(sorted(path.glob("physionet2012*.parquet"))), None) if path.is_dir() else path


def _outcome_files(path: Path) -> list[Path]:
    if (table := _table(path)) is not None:
        return [table.with_name(f"{table.stem}_outcomes.csv")]
    found = sorted(path.rglob("Outcomes*.txt"))
    if not found:
        raise ValueError("no Outcomes*.txt")
    return found


def _stays(folder: Path) -> list[Path]:
    found = sorted(each for each in folder.rglob("*.txt") if each.stem.isdigit())
    if not found:
        raise ValueError("no texts of stays")
    return found


def _folder(folder: Path) -> pd.DataFrame:
    """A folder of Time, Parameter, Value texts, in the long form; `set-a` holds set a."""
    return pd.concat([_stay(each) for each in _stays(folder)], ignore_index=True)


def _stay(file: Path) -> pd.DataFrame:
    rows = pd.read_csv(file)
    hours, minutes = (rows["Time"].str.split(":", expand=True)[part].astype(int) for part in (0, 1))
    return pd.DataFrame(
        {
            "set": file.parent.name.removeprefix("set-"),
            "RecordID": int(file.stem),
            "min": 60 * hours + minutes,
            "par": rows["Parameter"],
            "val": rows["Value"],
        }
    )
