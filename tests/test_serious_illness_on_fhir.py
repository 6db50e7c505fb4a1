"""Patients of the features' kind as charts: read through the adapters they have those features."""

from typing import Any

import numpy as np
import pytest

from cds_hooks.engine.discovery import offered
from cds_hooks.engine.respond import opened
from cds_hooks.engine.service import services
from cds_hooks.protocol.json import encode, read_request
from predictors.models.serious_illness_mortality import serious_illness_mortality
from predictors.models.serious_illness_mortality.features import FEATURES, row
from predictors.predictor import Value
from tests.charts import ALL_LIVE, NOW, SUBJECT, TODAY, answered, patient, problem, request
from tests.fhir_adapters.sent import observation, quantity

NAMES = [each.name for each in FEATURES]
CODES = {"heart_failure": "84114007", "malignancy": "363346000", "sepsis": "91302008"}
LEVELS = {"alert": "248234008", "voice": "300202002"}
STAY = {
    "resourceType": "Encounter",
    "id": "now",
    "status": "in-progress",
    "class": {"code": "IMP"},
    "subject": SUBJECT,
    "period": {"start": "2026-03-12T14:00:00Z"},
}
MEASURED = {
    "map": ("8478-0", 72.0, "mm[Hg]"),
    "heart_rate": ("8867-4", 104.0, "/min"),
    "resp_rate": ("9279-1", 26.0, "/min"),
    "temperature": ("8310-5", 38.2, "Cel"),
    "sodium": ("2951-2", 131.0, "mmol/L"),
    "creatinine": ("2160-0", 1.8, "mg/dL"),
    "albumin": ("1751-7", 2.4, "g/dL"),
}


def read_back(*resources: dict[str, Any]) -> dict[str, float]:
    service = services()["palliative-planning"]
    sent = read_request(encode(request(service, *resources)))
    assessed = opened(offered(service, ALL_LIVE), sent, now=NOW).shown_to(service)
    facts: dict[str, Value] = {}
    for each in serious_illness_mortality.inputs:
        if (value := assessed.read(each).value) is not None:
            facts[each.name] = value
    return dict(zip(NAMES, row(facts).tolist(), strict=True))


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("held", [(), ("heart_failure",), ("heart_failure", "sepsis")])
def test_a_chart_has_the_features_of_training(level: str, held: tuple[str, ...]) -> None:
    found = read_back(
        patient(birthDate="1950-01-05"),
        STAY,
        *(
            observation(code, quantity(value, unit), id=code, effectiveDateTime=TODAY)
            for code, value, unit in MEASURED.values()
        ),
        answered("67775-7", LEVELS[level]),
        *(problem(CODES[name], onsetDateTime="2026-03-12") for name in held),
    )
    facts: dict[str, Value] = {
        **{name: value for name, (_, value, _) in MEASURED.items()},
        "age": 76,
        "inpatient_days": 3.0,
        "avpu": level,
        **dict.fromkeys(
            (
                "copd",
                "cirrhosis",
                "respiratory_failure",
                "malignancy",
                "metastatic",
                "diabetes",
                "dementia",
            ),
            False,
        ),
        "heart_failure": "heart_failure" in held,
        "sepsis": "sepsis" in held,
    }
    expected = dict(zip(NAMES, row(facts).tolist(), strict=True))
    assert {
        name
        for name in NAMES
        if not np.isclose(found[name], expected[name], equal_nan=True, atol=1e-9)
    } == set()
