"""Microseconds a resource: json.loads, reading the record, and fhir.resources.

The chart is made here: vital signs with components and laboratory results of many days, in the
shape that certified servers send.
"""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from fhir_adapters.readers.read import read_record
from fhir_adapters.terminology.site import SiteMap

OBSERVATIONS = 5000
LABS = (
    ("2160-0", "umol/L", 88.0),
    ("2823-3", "mmol/L", 4.1),
    ("718-7", "g/dL", 13.2),
    ("2345-7", "mg/dL", 101.0),
    ("4548-4", "%", 6.1),
    ("8867-4", "/min", 71.0),
    ("9279-1", "/min", 14.0),
)
START = datetime(2020, 1, 1, 8, tzinfo=UTC)


def searchset(observations: int) -> bytes:
    """A searchset of about 1 kB an Observation, every eighth a blood pressure panel."""
    entries = [
        {
            "fullUrl": f"https://fhir.example.org/r4/Observation/o{number}",
            "resource": observation(number, taken=START + timedelta(minutes=17 * number)),
            "search": {"mode": "match"},
        }
        for number in range(observations)
    ]
    bundle = {"resourceType": "Bundle", "type": "searchset", "entry": entries}
    return json.dumps(bundle, separators=(",", ":")).encode()  # compact, as servers send it


def observation(number: int, *, taken: datetime) -> dict[str, object]:
    """One of about 1 kB; every eighth is a blood pressure panel."""
    moment = taken.isoformat()
    common: dict[str, object] = {
        "resourceType": "Observation",
        "id": f"o{number}",
        "meta": {
            "versionId": "1",
            "lastUpdated": moment,
            "profile": ["http://hl7.org/fhir/us/core/StructureDefinition/us-core-observation-lab"],
        },
        "identifier": [{"system": "urn:oid:2.999.1", "value": f"{number}"}],
        "status": "final",
        "category": [
            {
                "coding": [
                    {
                        "system": "http://terminology.hl7.org/CodeSystem/observation-category",
                        "code": "laboratory",
                        "display": "Laboratory",
                    }
                ],
                "text": "Laboratory",
            }
        ],
        "subject": {"reference": "Patient/p1", "display": "made up"},
        "encounter": {"reference": "Encounter/e1"},
        "effectiveDateTime": moment,
        "issued": moment,
        "performer": [{"reference": "Organization/1", "display": "Laboratory"}],
    }
    kind = number % 8
    if kind == len(LABS):
        parts = (("8480-6", 120 + number % 20), ("8462-4", 70 + number % 20))
        return common | {
            "code": _code("85354-9"),
            "component": [
                {"code": _code(code), "valueQuantity": _quantity(value, "mm[Hg]")}
                for code, value in parts
            ],
        }
    code, unit, value = LABS[kind]
    return common | {
        "code": _code(code),
        "valueQuantity": _quantity(value + number % 7 / 10, unit),
        "referenceRange": [{"low": _quantity(1, unit), "high": _quantity(99, unit)}],
    }


def _code(code: str) -> dict[str, object]:
    coding = {"system": "http://loinc.org", "code": code, "display": f"LOINC {code}"}
    return {"coding": [coding], "text": f"LOINC {code}"}


def _quantity(value: float, unit: str) -> dict[str, object]:
    system = "http://unitsofmeasure.org"
    return {"value": value, "unit": unit, "system": system, "code": unit}


def microseconds(work: Callable[[], object], *, times: int) -> float:
    """The best of a few runs: what the work takes when nothing else runs."""
    best = min(_timed(work) for _ in range(times))
    return best / OBSERVATIONS * 1e6


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def readings() -> dict[str, float]:
    """Microseconds a resource, by who reads it."""
    chart = searchset(OBSERVATIONS)
    given = {"vitals": chart}
    found = {
        "json.loads": microseconds(lambda: json.loads(chart), times=5),
        "read_record": microseconds(
            lambda: read_record(given, patient_id="p1", asked={"vitals": 0}, site=SiteMap()),
            times=5,
        ),
    }
    # Imported late: its classes alone slow the garbage collector down for everything else.
    from fhir.resources.R4B.bundle import Bundle

    found["fhir.resources"] = microseconds(lambda: Bundle.model_validate_json(chart), times=1)
    return found
