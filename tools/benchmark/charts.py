"""The requests that are sent: one hospital patient's chart in several sizes.

Its 50 kB are those of a patient of whom the four trained models and at least fifteen predictors
make something; the larger ones add older observations, the smallest keeps only what is chronic.
"""

import json
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias

from cds_hooks.bundles.bundle_calls import hook_body
from cds_hooks.bundles.ehr import resources
from cds_hooks.engine.discovery import offered
from cds_hooks.engine.service import services
from cds_hooks.settings.settings import demo_settings
from tools.benchmark.reading import observation

Resource: TypeAlias = dict[str, Any]

PATIENTS = Path("fixtures/patients")
STAY = "icu-mortality-risk-near-miss"
CHRONIC = (
    "breast-cancer-recurrence-fires",
    "kidney-risk-near-miss",
    "liver-fibrosis-fires",
    "cardiovascular-risk-fires",
    "af-stroke-risk-fires",
)
SMALL = "liver-fibrosis-fires"
FIRES = "icu-mortality-risk-fires"
"""A stay of which a model's card is shown, and so explained."""

NO_HOOK_INSTANCE = b"HOOK-INSTANCE"
"""What each caller replaces with a UUID of its own."""

OLDEST = datetime(2016, 1, 1, 8, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Body:
    """A request's body; `name` says what it is."""

    name: str
    service: str
    content: bytes


def bodies() -> dict[str, Body]:
    """Every body that is sent, by its name."""
    stay, ill = _chart(STAY, CHRONIC), _chart(FIRES, CHRONIC[1:4])
    return {
        "5 kB": _body("5 kB", _chart(SMALL, ())),
        "50 kB": _body("50 kB", stay),
        "50 kB explained": _body("50 kB explained", ill),
        "1 MB": _body("1 MB", [*stay, *_older(stay, 830)]),
        "5 MB": _body("5 MB", [*stay, *_older(stay, 6300)]),
    }


def with_observations(count: int) -> Body:
    """The same patient with that many older observations."""
    stay = _chart(STAY, CHRONIC)
    return _body(f"{count} observations", [*stay, *_older(stay, count)])


def single(service: str) -> Body:
    """The request that the service's own story sends."""
    held = resources((PATIENTS / f"{service}-fires.json").read_bytes())
    announced = offered(services()[service], demo_settings())
    content = hook_body(held, announced, hook_instance=NO_HOOK_INSTANCE.decode())
    return Body(service, service, content)


def _body(name: str, chart: list[Resource]) -> Body:
    bundle = {"resourceType": "Bundle", "type": "collection"}
    entries = [{"resource": each} for each in chart]
    held = resources(json.dumps({**bundle, "entry": entries}).encode())
    announced = offered(services()["patient-risks"], demo_settings())
    content = hook_body(held, announced, hook_instance=NO_HOOK_INSTANCE.decode())
    return Body(name, "patient-risks", content)


def _chart(first: str, others: tuple[str, ...]) -> list[Resource]:
    """The first patient with what the other charts hold beside their patients and encounters."""
    chart = _thinned(_resources(first)) if others else _resources(first)
    patient = next(each for each in chart if each["resourceType"] == "Patient")
    if others:
        patient |= {"gender": "female", "birthDate": "1956-06-02"}
    subject = {"reference": f"Patient/{patient['id']}"}
    for other in others:
        for each in _resources(other):
            if each["resourceType"] not in ("Patient", "Encounter"):
                each.pop("encounter", None)
                chart.append({**each, "id": f"{other}-{each['id']}"[-64:], "subject": subject})
    return chart


def _thinned(stay: list[Resource]) -> list[Resource]:
    """The stay with half of its measurements: every second of each kind, the newest among them."""
    seen: Counter[str] = Counter()
    kept = []
    for each in reversed(stay):
        kind = json.dumps(each["code"]) if each["resourceType"] == "Observation" else ""
        if not kind or seen[kind] % 2 == 0:
            kept.append(each)
        seen[kind] += 1
    return kept[::-1]


def _resources(name: str) -> list[Resource]:
    bundle = json.loads((PATIENTS / f"{name}.json").read_bytes())
    return [each["resource"] for each in bundle["entry"]]


def _older(chart: list[Resource], count: int) -> list[Resource]:
    subject = {"reference": f"Patient/{chart[0]['id']}"}
    made = (
        observation(number, taken=OLDEST + timedelta(hours=4 * number)) for number in range(count)
    )
    return [{**each, "subject": subject} for each in made]
