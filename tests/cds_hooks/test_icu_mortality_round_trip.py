"""The first 48 hours of real stays, told in FHIR and read back, have the features of training."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import numpy as np

from cds_hooks.assess import opened
from cds_hooks.config import Settings
from cds_hooks.service import services
from cds_hooks.wire import encode, read_request
from fhir_adapters import units
from fhir_adapters.tables import rows as table
from fhir_adapters.value_sets import concepts
from predictors.models.icu_mortality_risk import UNITS, icu_mortality_risk
from predictors.models.icu_mortality_risk.features import FEATURES, HOURS, row
from predictors.predictor import Value
from predictors.training.calibration import logistic
from predictors.tree_model import Floats, booster, margins, require_model
from tests.charts import LOINC, SUBJECT, Resource, request
from tests.conftest import missing

STAYS = 300
DATA = Path(__file__).parents[3] / "shared" / "data" / "physionet2012_ab.parquet"
ADMITTED = datetime(2026, 3, 1, 5, 20, tzinfo=UTC)
ASKED_AFTER = timedelta(hours=53, minutes=7)
CODES = {
    each["concept"]: each["code"] for each in reversed(table("codes")) if each["system"] == "loinc"
}
OTHER = {
    "fio2": "1",
    "temperature": "[degF]",
    "sbp": "kPa",
    "paco2": "kPa",
    "bun": "mmol/L",
    "creatinine": "umol/L",
    "magnesium": "mmol/L",
    "glucose": "mmol/L",
    "lactate": "mg/dL",
    "bilirubin_total": "umol/L",
    "alp": "nkat/L",
    "hematocrit": "L/L",
    "platelets": "/uL",
    "albumin": "g/L",
    "weight": "g",
}
ICU: Resource = {
    "resourceType": "Location",
    "id": "icu",
    "type": [
        {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-RoleCode", "code": "ICU"}]}
    ],
}

Told = Callable[[str, float], tuple[float, str]]
"""A concept's value in its own unit, as the value and the unit that the chart gives."""


def as_it_is(concept: str, value: float) -> tuple[float, str]:
    return value, UNITS.get(concept, "kg")


def in_other_units(concept: str, value: float) -> tuple[float, str]:
    unit = OTHER.get(concept, UNITS.get(concept, "kg"))
    if unit == UNITS.get(concept, "kg"):
        return value, unit
    return float(f"{units.from_canonical(concepts()[concept], value, unit):.7g}"), unit


def result(concept: str, value: float, minute: int, told: Told) -> Resource:
    number, unit = told(concept, value)
    quantity = {"value": number, "unit": unit, "code": unit, "system": "http://unitsofmeasure.org"}
    return {
        "resourceType": "Observation",
        "id": f"{concept}-{minute}-{value}",
        "status": "final",
        "code": {"coding": [{"system": LOINC, "code": CODES[concept]}]},
        "subject": SUBJECT,
        "effectiveDateTime": (ADMITTED + timedelta(minutes=minute)).isoformat(),
        "valueQuantity": quantity,
    }


def person(age: float) -> list[Resource]:
    """A patient of that age who has been in intensive care since admission."""
    began = ADMITTED.isoformat()
    return [
        {
            "resourceType": "Patient",
            "id": "p1",
            "gender": "male",
            "birthDate": f"{ADMITTED.year - int(age)}-01-01",
        },
        {
            "resourceType": "Encounter",
            "id": "e1",
            "status": "in-progress",
            "class": {"code": "IMP"},
            "subject": SUBJECT,
            "period": {"start": began},
            "contained": [ICU],
            "location": [{"location": {"reference": "#icu"}, "period": {"start": began}}],
        },
    ]


def results(stay: Mapping[str, Value], told: Told) -> Iterator[Resource]:
    for concept, value in stay.items():
        if concept == "weight" and isinstance(value, float):
            yield result(concept, value, 0, told)
        elif isinstance(value, tuple):
            for days, each in value:
                yield result(concept, each, round(60 * HOURS - 1440 * days), told)


def read_back(stay: Mapping[str, Value], told: Told, *, shuffled: bool) -> Floats:
    """The features of a stay whose chart is asked some hours after the first 48."""
    sent = list(results(stay, told))
    if shuffled:
        sent = [sent[each] for each in np.random.default_rng(4).permutation(len(sent))]
    service = services()["icu-mortality-risk"]
    age = stay["age"]
    assert isinstance(age, float)
    asked = request(service, *person(age))
    asked["prefetch"] |= answers(sent)
    patient = opened(
        service,
        read_request(encode(asked)),
        settings=Settings(demo=False),
        now=ADMITTED + ASKED_AFTER,
    ).shown_to(service)
    known: dict[str, Value] = {}
    for declared in icu_mortality_risk.inputs:
        value = patient.read(declared).value
        if value is not None:
            known[declared.name] = value
    return row(known)


def answers(sent: list[Resource]) -> dict[str, Resource]:
    """The results as searches answer for them, by prefetch key."""
    by_key: dict[str, list[Resource]] = {}
    for each in sent:
        key = concepts()[each["id"].split("-")[0]].cadence
        by_key.setdefault(key, []).append({"resource": each})
    head = {"resourceType": "Bundle", "type": "searchset"}
    return {key: head | {"entry": entries} for key, entries in by_key.items()}


@cache
def stays() -> tuple[list[Mapping[str, Value]], Floats]:
    """So many stays, as a chart would know them, and the features that training gives them."""
    if not DATA.is_file():
        missing(f"{DATA.name} is not there: it is not part of the project")
    import pandas as pd

    from predictors.models.icu_mortality_risk.data import cohort, stays_of

    frame = pd.read_parquet(DATA)
    outcomes = pd.read_csv(DATA.with_name(f"{DATA.stem}_outcomes.csv"))
    chosen = outcomes.sort_values("RecordID")[:: len(outcomes) // STAYS][:STAYS]
    there = frame[frame["RecordID"].isin(chosen["RecordID"])]
    made = cohort(there, chosen, name="some")
    read = stays_of(there, pd.Index(made.patients))
    return [{k: v for k, v in stay.items() if k != "spo2"} for stay in read], made.rows


def risks(rows: Floats) -> Floats:
    model = require_model(icu_mortality_risk)
    return logistic(margins(booster((model.folder / "model.txt").read_text()), rows))


def compared(told: Told, *, shuffled: bool) -> Iterator[tuple[Floats, Floats]]:
    told_stays, trained = stays()
    for stay, expected in zip(told_stays, trained, strict=True):
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
        "ICU mortality round trip in other units",
        f"{differing} of {len(found)} rows differ, risk by at most {off.max():.1e}",
    )
    assert off.max() < 1e-3
