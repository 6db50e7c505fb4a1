"""The synthetic charts are what their README says: small, of valid shape, and each described."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class
from pydantic import ValidationError

from cds_hooks.engine.service import services

FIXTURES = Path(__file__).parent.parent / "fixtures"
CHARTS = sorted([*FIXTURES.glob("patients/*.json"), *FIXTURES.glob("synthea/*.json")])


def resources(chart: Path) -> list[dict[str, Any]]:
    return [entry["resource"] for entry in json.loads(chart.read_bytes())["entry"]]


def valid(resource: dict[str, Any]) -> bool:
    try:
        get_fhir_model_class(resource["resourceType"]).model_validate(resource)
    except ValidationError:
        return False
    return True


def test_all_charts_together_are_small() -> None:
    assert max(chart.stat().st_size for chart in CHARTS) < 300_000
    assert sum(chart.stat().st_size for chart in CHARTS) < 3_300_000


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.stem)
def test_a_chart_is_of_one_patient(chart: Path) -> None:
    kinds = [resource["resourceType"] for resource in resources(chart)]
    assert kinds[0] == "Patient"
    assert kinds.count("Patient") == 1


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.stem)
def test_no_two_resources_share_an_id(chart: Path) -> None:
    ids = [(resource["resourceType"], resource["id"]) for resource in resources(chart)]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.stem)
def test_a_chart_is_valid_r4_unless_it_lacks_something_on_purpose(chart: Path) -> None:
    # R4B holds R4's Observation, Condition and MedicationRequest unchanged.
    if chart.stem == "sandbox-dstu2":
        assert not all(map(valid, resources(chart)))
    else:
        assert [each["id"] for each in resources(chart) if not valid(each)] == []


@pytest.mark.parametrize("service", services())
@pytest.mark.parametrize("story", ["fires", "near-miss", "unknown"])
def test_a_service_has_its_stories(service: str, story: str) -> None:
    assert FIXTURES / "patients" / f"{service}-{story}.json" in CHARTS


def test_the_readme_tells_of_every_chart_and_of_no_other() -> None:
    told = re.findall(r"^\| `([\w-]+)` \|", (FIXTURES / "README.md").read_text("utf-8"), re.M)
    assert sorted(told) == sorted(chart.stem for chart in CHARTS)
