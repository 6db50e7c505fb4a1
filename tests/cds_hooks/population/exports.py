"""A Bulk Data export of the fixtures' patients, as files by resource type."""

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

FIXTURES = Path(__file__).parents[3] / "fixtures" / "patients"
CHARTS = (
    "af-stroke-risk-fires",
    "early-warning-fires",
    "kidney-risk-fires",
    "lab-safety-fires",
    "liver-fibrosis-fires",
    "readmission-risk-fires",
)


def resources(name: str) -> list[dict[str, Any]]:
    """The resources of a fixture."""
    bundle = json.loads((FIXTURES / f"{name}.json").read_bytes())
    return [each["resource"] for each in bundle["entry"]]


def exported(folder: Path, *names: str) -> dict[str, bytes]:
    """Writes the charts by type, one resource a line; the fixtures' Bundles by patient id."""
    by_type, bundles = defaultdict[str, list[str]](list), {}
    for name in names or CHARTS:
        held = resources(name)
        for each in held:
            by_type[each["resourceType"]].append(json.dumps(each))
        (patient,) = (each["id"] for each in held if each["resourceType"] == "Patient")
        bundles[patient] = (FIXTURES / f"{name}.json").read_bytes()
    folder.mkdir(exist_ok=True)
    for kind, lines in by_type.items():
        (folder / f"{kind}.ndjson").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return bundles
