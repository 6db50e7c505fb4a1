"""Hours of real stays, told in FHIR and read back, have the features that training gave them."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from cds_hooks.assess import opened
from cds_hooks.config import Settings
from cds_hooks.service import services
from cds_hooks.wire import encode, read_request
from fhir_adapters import units
from fhir_adapters.tables import rows as table
from fhir_adapters.value_sets import concepts
from predictors.hourly import Floats
from predictors.models.sepsis_risk import UNITS, sepsis_risk
from predictors.models.sepsis_risk.features import FEATURES, row
from predictors.predictor import Value
from predictors.training.calibration import logistic
from predictors.tree_model import booster, margins, require_model
from tests.charts import LOINC, SUBJECT, Resource, request
from tests.conftest import missing

STAYS = 300
SENT_HOURS = 54
"""Some more than the model looks back, so that a page of the chart is no larger than it need be."""

DATA = Path(__file__).parents[3] / "shared" / "data" / "cinc2019_setA.parquet"
BEGAN = datetime(2026, 3, 1, 5, tzinfo=UTC)
CODES = {
    each["concept"]: each["code"] for each in reversed(table("codes")) if each["system"] == "loinc"
}
OTHER = {
    "spo2": "1",
    "fio2": "1",
    "temperature": "[degF]",
    "sbp": "kPa",
    "paco2": "kPa",
    "bun": "mmol/L",
    "creatinine": "umol/L",
    "calcium": "mmol/L",
    "phosphate": "mmol/L",
    "magnesium": "mmol/L",
    "glucose": "mmol/L",
    "lactate": "mg/dL",
    "bilirubin_total": "umol/L",
    "ast": "ukat/L",
    "alp": "nkat/L",
    "hematocrit": "L/L",
    "hemoglobin": "mmol/L",
    "wbc": "/uL",
    "platelets": "/uL",
}
ICU: Resource = {
    "resourceType": "Location",
    "id": "icu",
    "type": [
        {
            "coding": [
                {
                    "system": "http://terminology.hl7.org/CodeSystem/v3-RoleCode",
                    "code": "ICU",
                }
            ]
        }
    ],
}

Told = Callable[[str, float], tuple[float, str]]
"""A concept's value in its own unit, as the value and the unit that the chart gives."""


def as_it_is(concept: str, value: float) -> tuple[float, str]:
    return value, UNITS[concept]


def in_other_units(concept: str, value: float) -> tuple[float, str]:
    unit = OTHER.get(concept, UNITS[concept])
    if unit == UNITS[concept]:
        return value, unit
    return float(f"{units.from_canonical(concepts()[concept], value, unit):.7g}"), unit


def result(concept: str, value: float, hour: int, told: Told) -> Resource:
    """A result of the middle of that hour of the stay."""
    at = BEGAN + timedelta(hours=hour, minutes=30)
    number, unit = told(concept, value)
    quantity = {"value": number, "unit": unit, "code": unit, "system": "http://unitsofmeasure.org"}
    return {
        "resourceType": "Observation",
        "id": f"{concept}-{hour}",
        "status": "final",
        "code": {"coding": [{"system": LOINC, "code": CODES[concept]}]},
        "subject": SUBJECT,
        "effectiveDateTime": at.isoformat(),
        "valueQuantity": quantity,
    }


def person(age: int) -> list[Resource]:
    """A patient of that age who has been in intensive care since the first hour."""
    place = {"location": {"reference": "#icu"}, "period": {"start": BEGAN.isoformat()}}
    return [
        {
            "resourceType": "Patient",
            "id": "p1",
            "gender": "male",
            "birthDate": f"{BEGAN.year - age}-01-01",
        },
        {
            "resourceType": "Encounter",
            "id": "e1",
            "status": "in-progress",
            "class": {"code": "IMP"},
            "subject": SUBJECT,
            "period": {"start": BEGAN.isoformat()},
            "contained": [ICU],
            "location": [place],
        },
    ]


def read_back(stay: Any, told: Told, *, shuffled: bool) -> Floats:
    """The features at the end of the last hour of a stay's published rows."""
    results = [
        result(concept, value, hour, told)
        for concept, values in published(stay).items()
        for hour, value in enumerate(values.tolist())
        if not np.isnan(value) and hour >= len(stay) - SENT_HOURS
    ]
    if shuffled:
        results = [results[each] for each in np.random.default_rng(4).permutation(len(results))]
    service = services()["sepsis-risk"]
    sent = request(service, *person(int(stay["Age"].iloc[0])))
    sent["prefetch"] |= answers(results)
    now = BEGAN + timedelta(hours=len(stay))
    patient = opened(
        service, read_request(encode(sent)), settings=Settings(demo=False), now=now
    ).shown_to(service)
    known: dict[str, Value] = {}
    for declared in sepsis_risk.inputs:
        if (value := patient.read(declared).value) is not None:
            known[declared.name] = value
    return row(known)


def answers(results: list[Resource]) -> dict[str, Resource]:
    """The results as searches answer for them, by prefetch key."""
    by_key: dict[str, list[Resource]] = {}
    for each in results:
        key = concepts()[each["id"].rpartition("-")[0]].cadence
        by_key.setdefault(key, []).append({"resource": each})
    head = {"resourceType": "Bundle", "type": "searchset"}
    return {key: head | {"entry": entries} for key, entries in by_key.items()}


def published(stay: Any) -> dict[str, Floats]:
    """The published columns by concept, in its unit, as short as they were written."""
    from predictors.models.sepsis_risk.data import COLUMNS

    values = {}
    for concept, column in zip(UNITS, COLUMNS, strict=True):
        written = np.array([float(str(each)) for each in stay[column].to_numpy(dtype=np.float32)])
        values[concept] = np.round(100 * written, 4) if column == "FiO2" else written
    return values


@cache
def stays() -> tuple[list[Any], Floats]:
    """So many stays, cut at some hour of theirs, and the features of that hour in training."""
    if not DATA.is_file():
        missing(f"{DATA.name} is not there: it is not part of the project")
    import pandas as pd

    from predictors.models.sepsis_risk.data import cohort

    frame = pd.read_parquet(DATA)
    names = frame["pid"].unique()
    chosen = names[:: len(names) // STAYS][:STAYS]
    cut = [_cut(stay) for _, stay in frame[frame["pid"].isin(chosen)].groupby("pid")]
    made = cohort(pd.concat(cut), name="cut")
    last = np.r_[np.diff(made.patients) != 0, True]
    return cut, made.rows[last]


def _cut(stay: Any) -> Any:
    number = int(stay["pid"].iloc[0].removeprefix("p"))
    return stay.iloc[: 1 + number * 7919 % len(stay)]


def risks(rows: Floats) -> Floats:
    model = require_model(sepsis_risk)
    return logistic(margins(booster((model.folder / "model.txt").read_text()), rows))


def compared(told: Told, *, shuffled: bool) -> Iterator[tuple[Floats, Floats]]:
    cut, trained = stays()
    for stay, expected in zip(cut, trained, strict=True):
        yield read_back(stay, told, shuffled=shuffled), expected


def test_in_native_units_the_features_are_those_of_training_to_the_bit() -> None:
    for found, expected in compared(as_it_is, shuffled=False):
        differing = ~((found == expected) | (np.isnan(found) & np.isnan(expected)))
        assert not differing.any(), [FEATURES[each].name for each in np.flatnonzero(differing)]


def test_in_other_units_and_any_order_the_risk_is_the_same_to_a_thousandth(
    record_property: Callable[[str, object], None],
) -> None:
    pairs = list(compared(in_other_units, shuffled=True))
    found, expected = (np.array(each) for each in zip(*pairs, strict=True))
    assert np.array_equal(np.isnan(found), np.isnan(expected))
    differing = int((np.nan_to_num(found) != np.nan_to_num(expected)).any(axis=1).sum())
    off = np.abs(risks(found) - risks(expected))
    record_property(
        "sepsis round trip in other units",
        f"{differing} of {len(found)} rows differ, risk by at most {off.max():.1e}",
    )
    assert off.max() < 1e-3
