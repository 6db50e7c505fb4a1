"""Imports go one way, leaves know neither clock nor web, and modules stay small and well named."""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
OURS = {"cds_hooks", "fhir_adapters", "predictors"}
MODULES = sorted(
    path.relative_to(ROOT) for package in OURS for path in (ROOT / package).rglob("*.py")
)
TESTS = sorted((ROOT / "tests").rglob("*.py"))
LEAVES = [path for path in MODULES if path.parts[0] != "cds_hooks"]
OF_THE_STANDARD = [module for module in MODULES if module.stem in {"cards", "hooks", "feedback"}]
UNSAFE = {"cloudpickle", "dill", "joblib", "marshal", "pickle", "shelve"}
NOT_SERVED = UNSAFE | {"alembic", "pandas", "sklearn"}
TRAINING_COMMANDS = {
    Path("cds_hooks") / f"{name}.py"
    for name in (
        "commands/model_commands",
        "commands/registry_commands",
        "trained/fhir_cohort",
        "trained/model_runs",
    )
}
UPGRADES = Path("cds_hooks/store/upgrade.py")
LOADS_TREES = Path("predictors/tree_model.py")
OUTSIDE_WORLD = {"flask", "http", "os", "requests", "socket", "subprocess", "time", "urllib3"}
CLOCKS = {"now", "today", "utcnow"}
SAYS_NOTHING = {"base", "common", "core", "helpers", "utils"}


@cache
def parsed(module: Path) -> ast.Module:
    return ast.parse((ROOT / module).read_text(encoding="utf-8"))


def imported(module: Path) -> Iterator[str]:
    for node in ast.walk(parsed(module)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def packages(module: Path) -> set[str]:
    return {name.partition(".")[0] for name in imported(module)}


def trains(module: Path) -> bool:
    """Whether only training and validation use it."""
    if module.is_relative_to("predictors/models"):
        return module.stem in {"data", "train"}
    return module.is_relative_to("predictors/training")


def upgrades(module: Path) -> bool:
    """Whether only who makes or upgrades a database uses it."""
    return module == UPGRADES or module.is_relative_to("cds_hooks/store/migrations")


@pytest.mark.parametrize("module", LEAVES, ids=str)
def test_a_leaf_imports_nothing_of_ours_but_itself(module: Path) -> None:
    assert packages(module) & OURS <= {module.parts[0]}


@pytest.mark.parametrize("module", LEAVES, ids=str)
def test_a_leaf_knows_no_outside_world(module: Path) -> None:
    assert not packages(module) & OUTSIDE_WORLD


@pytest.mark.parametrize("module", LEAVES, ids=str)
def test_a_leaf_is_told_the_time(module: Path) -> None:
    attributes = {n.attr for n in ast.walk(parsed(module)) if isinstance(n, ast.Attribute)}
    assert not attributes & CLOCKS


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_nothing_that_serves_imports_what_only_training_needs(module: Path) -> None:
    if not trains(module):
        assert not packages(module) & (NOT_SERVED - ({"alembic"} if upgrades(module) else set()))


def test_the_processes_that_serve_load_no_alembic() -> None:
    imported = "cds_hooks.server, cds_hooks.commands.db_commands"
    loaded = f"import sys, {imported}; sys.exit('alembic' in sys.modules)"
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", loaded], check=True, env=environment)


@pytest.mark.parametrize("module", [*MODULES, *(p.relative_to(ROOT) for p in TESTS)], ids=str)
def test_nothing_of_ours_unpickles(module: Path) -> None:
    assert not packages(module) & UNSAFE


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_only_the_commands_of_training_import_it(module: Path) -> None:
    if not trains(module) and module not in TRAINING_COMMANDS:
        names = [Path(*name.split(".")) for name in imported(module)]
        assert not [name for name in names if trains(name) or trains(name.parent)]


def test_lightgbm_is_imported_where_trees_are_loaded_when_they_are_loaded() -> None:
    served = [module for module in MODULES if not trains(module)]
    assert [each for each in served if "lightgbm" in packages(each)] == [LOADS_TREES]
    at_the_top = [node for node in parsed(LOADS_TREES).body if isinstance(node, ast.ImportFrom)]
    assert "lightgbm" not in {node.module for node in at_the_top}


@pytest.mark.parametrize("module", OF_THE_STANDARD, ids=str)
def test_the_standards_own_modules_import_only_each_other(module: Path) -> None:
    allowed = {".".join(other.with_suffix("").parts) for other in OF_THE_STANDARD}
    ours = {name for name in imported(module) if name.partition(".")[0] in OURS}
    assert {name.rpartition(".")[0] for name in ours} <= allowed


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_a_module_is_named_for_its_one_idea(module: Path) -> None:
    assert module.stem not in SAYS_NOTHING


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_a_module_is_short(module: Path) -> None:
    most = 80 if module.parent.name == "services" else 400
    assert len((ROOT / module).read_text(encoding="utf-8").splitlines()) <= most
