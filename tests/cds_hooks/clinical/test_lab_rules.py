"""Limits and bounded values: what a result proves."""

import pytest

from cds_hooks.clinical.actions import ACTIONS
from cds_hooks.clinical.lab_rules import RULES, proves
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
        ("potassium-high", ">=", 6.0, "mmol/L"),
        ("potassium-low", "<=", 2.5, "mmol/L"),
        ("sodium-low", "<", 120.0, "mmol/L"),
        ("sodium-high", ">", 160.0, "mmol/L"),
        ("glucose-low", "<", 54.0, "mg/dL"),
        ("glucose-high", ">=", 500.0, "mg/dL"),
        ("hemoglobin-low", "<", 7.0, "g/dL"),
    ],
)
def test_critical_limits_are_the_published_ones(
    key: str, operator: str, limit: float, unit: str
) -> None:
    rule = RULES.limits[key]
    assert (rule.operator, rule.limit, rule.unit) == (operator, limit, unit)
    assert rule.input.window == "acute"


def test_every_rule_names_actions_that_exist() -> None:
    rules = (
        *RULES.limits.values(),
        RULES.kidney_injury,
        RULES.metformin,
        RULES.anticoagulant_nsaid,
    )
    assert {key for rule in rules for key in rule.actions} <= ACTIONS.keys()
