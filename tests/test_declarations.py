"""What services and predictors declare is what the adapters can read, in the units asked for."""

import inspect
import re
import sys
from pathlib import Path

import msgspec
import pytest

from cds_hooks.clinical.actions import ACTIONS
from cds_hooks.clinical.few_cards import MOST
from cds_hooks.clinical.kidney_course import MONITORING
from cds_hooks.clinical.lab_rules import RULES
from cds_hooks.clinical.orders.discharge_list import DOSES
from cds_hooks.clinical.orders.inputs import THRESHOLDS as ORDER_THRESHOLDS
from cds_hooks.clinical.stroke_prevention import RULES as STROKE_PREVENTION
from cds_hooks.clinical.stroke_prevention import Cited
from cds_hooks.engine.discovery import offered
from cds_hooks.engine.gathering import DEADLINE
from cds_hooks.engine.guidelines import GUIDELINES, PUBLICATIONS, in_force
from cds_hooks.engine.service import Service, services
from cds_hooks.settings.settings import Settings
from fhir_adapters.terminology import queries, value_sets
from fhir_adapters.terminology.units import from_canonical, to_canonical
from predictors.predictor import Input, Kind
from tests.cds_hooks.protocol.wire_rules import template_faults

ROOT = Path(__file__).parent.parent
LIMITS = {
    "lab-safety": RULES.thresholds,
    "discharge-results": (*RULES.limits, *RULES.course),
    "medication-safety": ORDER_THRESHOLDS,
    "medication-safety-select": ORDER_THRESHOLDS,
    "discharge-medication": tuple(each for each in ORDER_THRESHOLDS if each in DOSES),
}
DECLARED = sorted(
    {declared for service in services().values() for declared in service.inputs},
    key=lambda each: (each.name, each.kind, each.unit, each.window, each.visits, each.low),
)
MEASURED = [each for each in DECLARED if each.kind in (Kind.VALUE, Kind.SERIES)]


@pytest.mark.parametrize("service", services().values(), ids=lambda each: each.id)
def test_a_service_asks_for_the_thresholds_that_it_declares(service: Service) -> None:
    module = sys.modules[service.present.__module__]
    asked = re.findall(r'(?:threshold\(|\bat=)"([a-z-]+)"', inspect.getsource(module))
    limits = LIMITS.get(service.id, ())
    together = (DEADLINE, MOST) if service.gathers else ()
    assert service.thresholds == {*asked, *limits, *together}


@pytest.mark.parametrize("declared", DECLARED, ids=lambda each: f"{each.name}-{each.kind}")
def test_every_declared_input_is_a_fact_that_the_adapters_know(declared: Input) -> None:
    match declared.kind:
        case Kind.VALUE | Kind.SERIES | Kind.CODE:
            assert declared.name in value_sets.concepts()
        case Kind.CONDITION:
            assert declared.name in value_sets.conditions()
        case Kind.ONSET_AGE:
            assert declared.name.removesuffix("_onset_age") in value_sets.conditions()
        case Kind.MEDICATION:
            assert declared.name in value_sets.medication_classes()
        case Kind.ALLERGY:
            assert declared.name == "allergies"
        case Kind.ENCOUNTER:
            assert declared.unit == value_sets.encounter_facts()[declared.name].unit
        case Kind.STATED:
            assert declared.label
        case _:
            assert declared.kind in (Kind.AGE, Kind.SEX, Kind.SETTING)


@pytest.mark.parametrize("declared", MEASURED, ids=lambda each: f"{each.name}-{each.unit}")
def test_every_declared_unit_is_one_the_adapters_convert_to(declared: Input) -> None:
    concept = value_sets.concepts()[declared.name]
    middle = concept.low + (concept.high - concept.low) / 3
    there = from_canonical(concept, middle, declared.unit)
    assert to_canonical(concept, there, declared.unit) == pytest.approx(middle, rel=1e-3)


@pytest.mark.parametrize("service", services().values(), ids=lambda each: each.id)
def test_std_10_to_13_prefetch_templates_obey_the_query_restrictions(service: Service) -> None:
    found = offered(service, Settings()).templates
    assert "patient" in found
    for key, template in found.items():
        assert list(template_faults(template)) == []
        if template.startswith("Observation"):
            assert "_sort=-date" in template
        if key != "patient":
            assert "_count=" in template


def test_every_fact_a_service_declares_is_in_the_prefetch_it_announces() -> None:
    for service in services().values():
        found = offered(service, Settings()).templates
        for declared in service.inputs:
            if declared.kind in (Kind.SETTING, Kind.STATED):
                continue
            assert queries.cadence_of(declared.name) in found
            if declared.kind in (Kind.VALUE, Kind.SERIES, Kind.CODE):
                template = found[queries.cadence_of(declared.name)]
                for _, code in value_sets.codes_of(declared.name):
                    assert code in template


def test_every_band_names_an_action_that_exists() -> None:
    for guideline in GUIDELINES.values():
        starts = [band.start for band in guideline.bands]
        assert starts == sorted(starts)
        assert starts[0] == 0.0
        for band in guideline.bands:
            assert bool(band.advice) == bool(band.indicator)
            assert not band.action or band.action in ACTIONS


def test_every_threshold_in_force_names_where_it_was_read() -> None:
    for key, guideline in GUIDELINES.items():
        for band in (each for each in guideline.bands if each.indicator):
            publication = guideline.publication(band)
            read = (publication.locator, publication.licence, band.section, band.printed)
            assert all(read), f"{key}: {band.name}"
    anticoagulation: list[Cited] = [STROKE_PREVENTION.yearly_rate, STROKE_PREVENTION.direct_oral]
    anticoagulation += [*STROKE_PREVENTION.not_direct, *STROKE_PREVENTION.against]
    assert all(row.read and row.section for row in anticoagulation)
    assert PUBLICATIONS[MONITORING.source].locator


@pytest.mark.parametrize("lost", ["locator", "licence"])
def test_a_threshold_that_was_read_nowhere_is_off(lost: str) -> None:
    for guideline in GUIDELINES.values():
        unread = {
            key: msgspec.structs.replace(each, **{lost: ""}) for key, each in PUBLICATIONS.items()
        }
        assert not any(band.indicator for band in in_force(guideline, unread).bands)


def test_every_service_is_in_the_readme() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for name in services():
        assert f"`{name}`" in text
