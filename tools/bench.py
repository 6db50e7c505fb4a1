"""Times reading a chart of 5,000 Observations, beside json.loads and fhir.resources."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from time import perf_counter

from fhir.resources.R4B.observation import Observation

from fhir_adapters.read import read_record
from fhir_adapters.site import SiteMap

COUNT = 5_000
REPEATS = 5
NEWEST = datetime(2026, 1, 1, tzinfo=UTC)
CODES = {"8867-4": ("Heart rate", "/min", 72.0), "2823-3": ("Potassium", "mmol/L", 4.1)}


def observation(number: int) -> dict[str, object]:
    """One Observation of about a kilobyte, as a chart holds them."""
    code = list(CODES)[number % len(CODES)]
    display, unit, value = CODES[code]
    return {
        "resourceType": "Observation",
        "id": f"observation-{number}",
        "meta": {"versionId": "1", "lastUpdated": NEWEST.isoformat()},
        "text": {"status": "generated", "div": f"<div>{display} {'.' * 300}</div>"},
        "status": "final",
        "category": [{"coding": [{"code": "vital-signs", "display": "Vital signs"}]}],
        "code": {
            "coding": [{"system": "http://loinc.org", "code": code, "display": display}],
            "text": display,
        },
        "subject": {"reference": "Patient/bench"},
        "encounter": {"reference": "Encounter/bench"},
        "effectiveDateTime": (NEWEST - timedelta(hours=number)).isoformat(),
        "valueQuantity": {
            "value": value + number % 7,
            "unit": unit,
            "system": "http://unitsofmeasure.org",
            "code": unit,
        },
    }


def fastest(work: Callable[[], object]) -> float:
    """The shortest of several runs, in seconds."""

    def timed() -> float:
        started = perf_counter()
        work()
        return perf_counter() - started

    return min(timed() for _ in range(REPEATS))


def main() -> None:
    """Prints seconds as microseconds a resource, and the whole chart's milliseconds."""
    resources = [observation(number) for number in range(COUNT)]
    entries = [{"resource": resource} for resource in resources]
    bundle = {"resourceType": "Bundle", "type": "searchset", "entry": entries}
    body = json.dumps(bundle).encode()
    given = {"vitals": body, "patient": b'{"resourceType": "Patient", "id": "bench"}'}
    asked = {"vitals": 2 * COUNT, "patient": 0}
    ways: dict[str, Callable[[], object]] = {
        "read_record": lambda: read_record(given, patient_id="bench", asked=asked, site=SiteMap()),
        "json.loads": lambda: json.loads(body),
        "fhir.resources": lambda: [Observation.model_validate(each) for each in resources],
    }
    print(f"{COUNT:,} Observations, {len(body) / 1e6:.1f} MB")
    for name, work in ways.items():
        seconds = fastest(work)
        print(f"{name:>15} {seconds / COUNT * 1e6:7.1f} us a resource {seconds * 1e3:8.1f} ms")


if __name__ == "__main__":
    main()
