"""Stays of Diabetes 130 as charts: read through the adapters they have the features of training."""

import random
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

import numpy as np

from cds_hooks.engine.discovery import offered
from cds_hooks.engine.respond import opened
from cds_hooks.engine.service import services
from cds_hooks.protocol.json import encode, read_request
from fhir_adapters.terminology.tables import rows as table
from predictors.models.readmission_risk.features import (
    CONDITIONS,
    DISPOSITIONS,
    PLANNED_FEATURES,
    PRIORITIES,
    planned_row,
)
from predictors.models.readmission_risk_planned import readmission_risk_planned
from predictors.tree_model import Floats
from tests.beside import beside
from tests.charts import ALL_LIVE, DIABETES, NOW, SUBJECT, Resource, order, patient, request

STAYS = 300

NAMES = [each.name for each in PLANNED_FEATURES]
LONG_AGO = NOW - timedelta(days=3 * 365)
SETTINGS = {"inpatient": "IMP", "emergency": "EMER", "outpatient": "AMB"}
PRIORITY = dict(zip(PRIORITIES, ("EL", "UR", "EM"), strict=True))
NUBC = {
    "home": "01",
    "home_health": "06",
    "nursing_facility": "03",
    "rehabilitation": "62",
    "facility": "02",
    "psychiatric": "65",
    "against_advice": "07",
}
ICD10 = {
    "care_complication": "T81.4",
    "diabetes_complicated": "E11.4",
    "connective_tissue": "M06.9",
}
"""For conditions of which a code alone says no other."""


def coding() -> Mapping[str, tuple[str, str]]:
    """A system and a code for each condition."""
    found = {
        each["concept"]: ("http://snomed.info/sct", each["code"])
        for each in reversed(table("condition_codes"))
        if each["system"] == "snomed" and each["match"] == "exact"
    }
    return found | {name: ("http://hl7.org/fhir/sid/icd-10", code) for name, code in ICD10.items()}


CODES = coding()


def visit(setting: str, began: datetime, number: int) -> Resource:
    return {
        "resourceType": "Encounter",
        "id": f"{setting}-{number}-{began:%Y}",
        "status": "finished",
        "class": {"code": SETTINGS[setting]},
        "subject": SUBJECT,
        "period": {
            "start": began.isoformat(),
            "end": (began + timedelta(hours=9)).isoformat(),
        },
    }


def before(began: datetime, counts: Mapping[str, float]) -> Iterator[Resource]:
    """So many visits of each setting in the year before."""
    for setting, count in counts.items():
        for number in range(int(count)):
            yield visit(setting, began - timedelta(days=10 + 3 * number), number)


def visits(told: Mapping[str, float], began: datetime) -> Iterator[Resource]:
    yield from before(began, {name: told[f"{name}_visits"] for name in SETTINGS})
    most = {name: told[f"most_{name}_visits"] for name in ("inpatient", "emergency")}
    if any(most[name] > told[f"{name}_visits"] for name in most):
        yield visit("inpatient", LONG_AGO, 99)
        yield from before(LONG_AGO, most)


def present(told: Mapping[str, float]) -> Resource:
    began = NOW - timedelta(days=told["days"]) + timedelta(hours=1)
    stay = visit("inpatient", began, 0) | {
        "id": "now",
        "status": "in-progress",
        "period": {"start": began.isoformat()},
    }
    if not np.isnan(told["admission_priority"]):
        code = PRIORITY[PRIORITIES[int(told["admission_priority"])]]
        stay["priority"] = {"coding": [{"code": code}]}
    for place in (each for each in DISPOSITIONS if told[f"to_{each}"] == 1):
        system = "https://www.nubc.org/CodeSystem/PatDischargeStatus"
        planned = {"coding": [{"system": system, "code": NUBC[place]}]}
        stay["hospitalization"] = {"dischargeDisposition": planned}
    return stay


def problems(told: Mapping[str, float]) -> Iterator[Resource]:
    held = {name: CODES[name] for name in CONDITIONS if told[name]}
    diabetes = {"diabetes": ("http://snomed.info/sct", DIABETES)}
    for name, (system, code) in {**diabetes, **held}.items():
        yield {
            "resourceType": "Condition",
            "id": name.replace("_", "-"),
            "clinicalStatus": {"coding": [{"code": "active"}]},
            "verificationStatus": {"coding": [{"code": "confirmed"}]},
            "code": {"coding": [{"system": system, "code": code}]},
            "subject": SUBJECT,
        }


def chart(told: Mapping[str, float]) -> Iterator[Resource]:
    yield patient(birthDate=f"{NOW.year - int(told['age_decade']) * 10 - 4}-01-05")
    present_stay = present(told)
    yield present_stay
    yield from visits(told, datetime.fromisoformat(present_stay["period"]["start"]))
    yield from problems(told)
    drugs = {"insulin": "A10AE04", "metformin": "A10BA02"}
    taken = [code for name, code in drugs.items() if told[name]]
    yield from map(order, taken or (["A10BB01"] if told["glucose_lowering"] else []))


def read_back(resources: list[Resource]) -> Floats:
    service = services()["readmission-risk"]
    sent = read_request(encode(request(service, *resources)))
    assessed = opened(offered(service, ALL_LIVE), sent, now=NOW).shown_to(service)
    values = {each.name: assessed.read(each).value for each in readmission_risk_planned.inputs}
    return planned_row({name: value for name, value in values.items() if value is not None})


def test_stays_have_on_fhir_the_features_of_training() -> None:
    data = beside("data/diabetes130_part.parquet")
    from predictors.models.readmission_risk_planned.data import read

    rows = read(data, "diabetes130").rows
    rng = random.Random(7)  # noqa: S311 - an order, no secret
    for expected in rows[:: len(rows) // STAYS]:
        resources = list(chart(dict(zip(NAMES, expected.tolist(), strict=True))))
        rng.shuffle(resources)
        found = read_back(resources)
        differing = [
            name
            for name, one, other in zip(NAMES, found, expected, strict=True)
            if not np.array_equal(one, other, equal_nan=True)
        ]
        assert differing == []
