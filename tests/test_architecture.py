"""Leaves know neither clock nor web, and modules stay small and well named.

Which room may import which is held by the contracts of import-linter in pyproject.toml.
"""

import ast
import csv
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
OURS = {"cds_hooks", "fhir_adapters", "predictors"}
MODULES = sorted(
    path.relative_to(ROOT) for package in OURS for path in (ROOT / package).rglob("*.py")
)
TESTS = sorted(path.relative_to(ROOT) for path in (ROOT / "tests").rglob("*.py"))
LEAVES = [path for path in MODULES if path.parts[0] != "cds_hooks"]
UNSAFE = {"cloudpickle", "dill", "joblib", "marshal", "pickle", "shelve"}
NOT_SERVED = UNSAFE | {"alembic", "pandas", "sklearn"}
UPGRADES = Path("cds_hooks/store/upgrade.py")
LOADS_TREES = Path("predictors/tree_model.py")
LOADS_NETWORKS = Path("predictors/sequence_model.py")
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
        return module.stem in {"challenger", "data", "network", "plain", "sequence", "train"}
    return module.is_relative_to("predictors/training")


SERVING = [module for module in MODULES if not trains(module)]


def upgrades(module: Path) -> bool:
    """Whether only who makes or upgrades a database uses it."""
    return module == UPGRADES or module.is_relative_to("cds_hooks/store/migrations")


def attributes(module: Path) -> set[str]:
    return {node.attr for node in ast.walk(parsed(module)) if isinstance(node, ast.Attribute)}


def importing(module: Path) -> int:
    """How many lines the imports at the top of the module take."""
    at_the_top = [n for n in parsed(module).body if isinstance(n, ast.Import | ast.ImportFrom)]
    return sum((node.end_lineno or node.lineno) - node.lineno + 1 for node in at_the_top)


def breaking(modules: Iterable[Path], found: Callable[[Path], set[str]]) -> dict[str, set[str]]:
    """The modules in which something is found that must not be there, and what that is."""
    return {str(module): wrong for module in modules if (wrong := found(module))}


def test_a_module_that_breaks_a_rule_is_named_with_what_breaks_it() -> None:
    assert breaking([LOADS_TREES, UPGRADES], lambda module: packages(module) & {"alembic"}) == {
        "cds_hooks/store/upgrade.py": {"alembic"}
    }


def test_a_leaf_knows_no_outside_world() -> None:
    assert breaking(LEAVES, lambda module: packages(module) & OUTSIDE_WORLD) == {}


def test_a_leaf_is_told_the_time() -> None:
    assert breaking(LEAVES, lambda module: attributes(module) & CLOCKS) == {}


def test_nothing_that_serves_imports_what_only_training_needs() -> None:
    upgrading = [module for module in SERVING if upgrades(module)]
    others = set(SERVING).difference(upgrading)
    assert breaking(others, lambda module: packages(module) & NOT_SERVED) == {}
    assert breaking(upgrading, lambda module: packages(module) & (NOT_SERVED - {"alembic"})) == {}


def test_the_processes_that_serve_load_no_alembic() -> None:
    imported = "cds_hooks.serve.gunicorn_server, cds_hooks.commands.db"
    loaded = f"import sys, {imported}; sys.exit('alembic' in sys.modules)"
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", loaded], check=True, env=environment)


def test_nothing_of_ours_unpickles() -> None:
    assert breaking([*MODULES, *TESTS], lambda module: packages(module) & UNSAFE) == {}


def test_lightgbm_is_imported_where_trees_are_loaded_when_they_are_loaded() -> None:
    assert [each for each in SERVING if "lightgbm" in packages(each)] == [LOADS_TREES]
    at_the_top = [node for node in parsed(LOADS_TREES).body if isinstance(node, ast.ImportFrom)]
    assert "lightgbm" not in {node.module for node in at_the_top}


def test_onnxruntime_is_imported_where_a_network_is_loaded_and_torch_nowhere_that_serves() -> None:
    assert [each for each in SERVING if "onnxruntime" in packages(each)] == [LOADS_NETWORKS]
    assert breaking(SERVING, lambda module: packages(module) & {"onnx", "torch"}) == {}
    loaded = "import sys, cds_hooks.serve.gunicorn_server; sys.exit('onnxruntime' in sys.modules)"
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", loaded], check=True, env=environment)


def test_a_module_is_named_for_its_one_idea() -> None:
    assert breaking(MODULES, lambda module: {module.stem} & SAYS_NOTHING) == {}


def test_a_module_is_short() -> None:
    def too_long(module: Path) -> set[str]:
        lines = len((ROOT / module).read_text(encoding="utf-8").splitlines()) - importing(module)
        most = 80 if module.parent.name == "services" else 400
        return {f"{lines} lines"} if lines > most else set()

    assert breaking(MODULES, too_long) == {}


def held_elsewhere() -> dict[Path, Path]:
    """The modules that another module's test holds, because it shows what they are for."""
    with (ROOT / "tests" / "tested_elsewhere.csv").open(encoding="utf-8", newline="") as file:
        return {Path(row["module"]): Path(row["test"]) for row in csv.DictReader(file)}


def own_test(module: Path) -> Path:
    return Path("tests") / module.with_name(f"test_{module.name}")


def test_every_module_has_its_test_file_or_is_listed_with_the_one_that_holds_it() -> None:
    modules = {module for module in MODULES if module.stem != "__init__"}
    without = {module for module in modules if own_test(module) not in TESTS}
    assert set(held_elsewhere()) == without
    assert set(held_elsewhere().values()) <= set(TESTS)
