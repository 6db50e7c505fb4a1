import ast
from functools import cache

import pytest

from cds_hooks.dossier.facts import CONTROLS, facts
from cds_hooks.model_registry.gate import Verified
from tests.cds_hooks.dossier.told import told
from tests.predictors.synthetic import declared
from tests.servers import ROOT


@cache
def named_in(path: str) -> set[str]:
    parsed = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {each.name for each in parsed.body if isinstance(each, ast.FunctionDef)}


def test_every_rule_of_the_trace_has_its_module_and_tests() -> None:
    assert CONTROLS
    for control in CONTROLS:
        assert (ROOT / control.module).exists(), control.module
        assert control.tests, control.hazard
        for test in control.tests:
            path, _, name = test.partition("::")
            assert name in named_in(path), test


def test_what_is_not_available_is_said_with_its_reason() -> None:
    found = told("sepsis-risk")
    assert found.said("outcome_evaluations") == "Not available: its use has not been evaluated"
    assert found.said("intended_users") == "Intensive care physicians and nurses."
    assert [each.id for each in found.services] == ["sepsis-risk"]


def test_of_a_model_that_may_not_answer_there_are_no_facts() -> None:
    with pytest.raises(ValueError, match="the hash differs"):
        facts(Verified(declared(), "shipped", fault="the hash differs"), "1.0")
