"""Limits and bounded values: what a result proves."""

import pytest

from cds_hooks.clinical.actions import ACTIONS
from cds_hooks.clinical.lab_rules import RULES, proves
from cds_hooks.clinical.sources import Rule
from fhir_adapters.facts.facts import Fact, State


def _fact(value: float | None, bound: str = "") -> Fact:
    return Fact("potassium", State.KNOWN, unit="mmol/L", value=value, bound=bound)


@pytest.mark.parametrize(
    ("value", "bound", "operator", "limit", "proven"),
    [
        (6.0, "", ">=", 6.0, True),
        (5.9, "", ">=", 6.0, False),
        (2.5, "", "<=", 2.5, True),
        (2.6, "", "<=", 2.5, False),
        (54.0, "", "<", 54.0, False),
        (53.9, "", "<", 54.0, True),
        (160.0, "", ">", 160.0, False),
        (160.1, "", ">", 160.0, True),
        (3.0, "<", "<", 30.0, True),
        (30.0, "<", "<", 30.0, True),
        (30.0, "<=", "<", 30.0, False),
        (31.0, "<", "<", 30.0, False),
        (3.0, "<", ">", 1.0, False),
        (10.0, ">", ">=", 6.0, True),
        (6.0, ">", ">", 6.0, True),
        (6.0, ">=", ">", 6.0, False),
        (10.0, ">", "<", 54.0, False),
    ],
)
def test_a_bounded_value_proves_only_what_lies_beyond_it(
    value: float, bound: str, operator: str, limit: float, proven: bool
) -> None:
    assert proves(_fact(value, bound), operator, limit) is proven


def test_an_unknown_value_proves_nothing() -> None:
    assert not proves(_fact(None), "<", 30.0)
    assert not proves(Fact("egfr", State.KNOWN, value=20.0, alternatives=(20.0, 40.0)), "<", 30.0)


@pytest.mark.parametrize(
    ("key", "operator", "limit", "unit"),
    [
        ("potassium-high", ">=", 6.5, "mmol/L"),
        ("potassium-low", "<", 3.0, "mmol/L"),
        ("sodium-low", "<", 120.0, "mmol/L"),
        ("sodium-high", ">", 160.0, "mmol/L"),
        ("glucose-low", "<", 55.0, "mg/dL"),
        ("glucose-high", ">", 450.0, "mg/dL"),
        ("hemoglobin-low", "<=", 7.0, "g/dL"),
        ("platelets-low", "<=", 20.0, "10*9/L"),
        ("neutrophils-low", "<=", 0.5, "10*9/L"),
        ("inr-high", ">=", 5.0, "{INR}"),
        ("lactate-high", ">=", 5.0, "mmol/L"),
        ("ph-low", "<=", 7.25, "[pH]"),
        ("calcium-high", ">", 13.0, "mg/dL"),
        ("calcium-ionised-low", "<=", 0.78, "mmol/L"),
        ("magnesium-low", "<", 1.0, "mg/dL"),
        ("phosphate-low", "<", 1.0, "mg/dL"),
    ],
)
def test_critical_limits_are_the_published_ones(
    key: str, operator: str, limit: float, unit: str
) -> None:
    rule = RULES.limits[key]
    assert (rule.operator, rule.limit, rule.unit) == (operator, limit, unit)


@pytest.mark.parametrize("key", sorted(RULES.limits))
def test_each_limit_is_of_the_unit_that_its_results_are_read_in(key: str) -> None:
    rule = RULES.limits[key]
    assert RULES.units[rule.concept] == rule.unit


def test_the_limits_of_an_analyte_go_from_severe_to_mild() -> None:
    for concept in RULES.units:
        for side in "<>":
            limits = [r.limit for r in RULES.of(concept).values() if r.operator[0] == side]
            assert limits == sorted(limits, reverse=side == ">")


def test_every_rule_names_actions_that_exist() -> None:
    assert {key for rule in every_rule() for key in rule.actions} <= ACTIONS.keys()


def test_every_rule_names_its_source_section_and_the_value_as_printed() -> None:
    for rule in every_rule():
        read = RULES.source(rule)
        assert read.locator
        assert read.licence
        assert read.year
        assert rule.section
        assert rule.printed


def test_no_critical_rule_rests_on_an_answer_page() -> None:
    weak = {key for key, read in RULES.sources.items() if "answer page" in read.organisation}
    assert {rule.indicator for rule in every_rule() if rule.source in weak} == {"warning"}


def test_a_choice_of_the_product_is_marked_as_one() -> None:
    assert {each.source for each in RULES.course.values()} == {"product"}
    assert not RULES.sources["product"].locator


def every_rule() -> list[Rule]:
    return [
        *RULES.limits.values(),
        *RULES.troponin.values(),
        RULES.hemoglobin_fall,
        RULES.potassium_danger,
        RULES.kidney_injury,
        RULES.metformin,
        RULES.anticoagulant_nsaid,
    ]
