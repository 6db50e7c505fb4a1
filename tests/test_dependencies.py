"""What is imported is declared, and what serves loads nothing that it does not need."""

import ast
import inspect
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from importlib.metadata import packages_distributions
from itertools import pairwise
from pathlib import Path

import pytest
from gunicorn.arbiter import Arbiter  # type: ignore[import-untyped] # has no types
from gunicorn.glogging import Logger  # type: ignore[import-untyped] # has no types
from gunicorn.workers.gthread import (  # type: ignore[import-untyped] # has no types
    TConn,
    ThreadWorker,
)
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
OURS = {"cds_hooks", "fhir_adapters", "predictors", "tests", "tools"}

NOT_IMPORTED = {
    "psycopg": "SQLAlchemy loads it by the database's URL",
    "redis": "limits loads it by the storage's URL",
    "tzdata": "zoneinfo reads its files",
}
"""What is declared for those who use our code, and why no line of it imports them."""

NOT_SERVED = (
    "fhir",
    "onnxruntime",
    "opentelemetry",
    "pandas",
    "prometheus_client",
    "pydantic",
    "requests",
    "sklearn",
    "urllib3",
)
"""Dependencies that a process loads only when it trains, fetches, checks or exports."""

ONE_CALL = """
import sys
import cds_hooks.commands.cli, cds_hooks.serve.gunicorn_server
from cds_hooks import logs
from cds_hooks.settings.settings import demo_settings
from tests.stores import served

logs.configure()
sent = open("fixtures/requests/af-stroke-risk-fires.af-stroke-risk.json", "rb").read()
client = served(demo_settings()).test_client()
answer = client.post("/cds-services/af-stroke-risk", data=sent, content_type="application/json")
assert answer.json["cards"], answer.data
print(*(name for name in sys.argv[1:] if name in sys.modules))
"""


def named(requirements: Iterable[str]) -> set[str]:
    """The projects of requirements such as `pyjwt[crypto]>=2.13`."""
    return {re.split(r"[\[<>=;! ]", each)[0].lower() for each in requirements}


SERVING = named(PROJECT["dependencies"])
EXTRAS = {name: named(each) for name, each in PROJECT["optional-dependencies"].items()}
TRAINING = SERVING | EXTRAS["train"]
DEVELOPING = TRAINING.union(*EXTRAS.values())


def imported(module: Path) -> Iterator[str]:
    """The packages that a module imports when it runs, none of ours or of Python's."""
    for node in ast.walk(_without_types(ast.parse(module.read_text(encoding="utf-8")))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        for package in (name.partition(".")[0] for name in names):
            if package not in OURS | set(sys.stdlib_module_names):
                yield package


def _without_types(tree: ast.Module) -> ast.Module:
    """The module without what is imported for the type checker alone."""
    tree.body = [
        each
        for each in tree.body
        if not (isinstance(each, ast.If) and ast.unparse(each.test) == "TYPE_CHECKING")
    ]
    return tree


def declared_for(module: Path) -> set[str]:
    match module.relative_to(ROOT).parts:
        case ("tests" | "tools", *_):
            return DEVELOPING
        case ("predictors", "training", *_) | ("predictors", "models", _, "data.py" | "train.py"):
            return TRAINING
        case ("predictors", "models", _, "network.py" | "sequence.py"):
            return TRAINING | EXTRAS["train-deep"]
        case ("predictors", "sequence_model.py"):
            return SERVING | EXTRAS["sequence"]
        case ("cds_hooks", "training" | "monitoring" | "dossier", *_):
            return TRAINING
        case ("cds_hooks", "worklist", *_):
            return SERVING | EXTRAS["worklist"]
        case ("cds_hooks", "population", *_):
            return SERVING | EXTRAS["population"] | EXTRAS["dask"]
        case ("cds_hooks", "serve", "tracing.py"):
            return SERVING | EXTRAS["otel"]
        case _:
            return SERVING


ELSEWHERE = set(ROOT.glob("tools/benchmark/peers/healthchain_*.py"))
"""What runs in an environment of its own, beside another server."""

MODULES = [
    module
    for each in sorted(OURS)
    for module in sorted((ROOT / each).rglob("*.py"))
    if module not in ELSEWHERE
]


def test_every_import_is_a_declared_dependency() -> None:
    projects = packages_distributions()
    undeclared = {
        f"{module.relative_to(ROOT)}: {package}"
        for module in MODULES
        for package in imported(module)
        if declared_for(module).isdisjoint(
            each.lower() for each in projects.get(package, [package])
        )
    }
    assert undeclared == set()


def test_a_dependency_of_those_who_use_our_code_is_imported_by_it() -> None:
    ours = [module for module in MODULES if module.relative_to(ROOT).parts[0] not in {"tests"}]
    used = {package for module in ours for package in imported(module)}
    projects = packages_distributions()
    needed = {each.lower() for package in used for each in projects.get(package, [package])}
    extras = ("train", "sequence", "worklist", "population", "dask", "postgres", "redis", "otel")
    given = SERVING.union(*(EXTRAS[name] for name in extras))
    assert given - needed == set(NOT_IMPORTED)


def test_a_process_that_serves_loads_what_it_serves_with_and_no_more() -> None:
    assert _loaded_by_a_call(*NOT_SERVED) == []
    assert _loaded_by_a_call("flask", "msgspec") == ["flask", "msgspec"]


def _loaded_by_a_call(*packages: str) -> list[str]:
    run = subprocess.run(
        [sys.executable, "-c", ONE_CALL, *packages],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return run.stdout.split()


@pytest.mark.parametrize(
    ("owner", "hook", "parameters"),
    [
        (ThreadWorker, "handle", ["self", "conn"]),
        (ThreadWorker, "notify", ["self"]),
        (Logger, "setup", ["self", "cfg"]),
        (HTTPConnection, "connect", ["self"]),
        (HTTPSConnection, "connect", ["self"]),
        (
            HTTPAdapter,
            "get_connection_with_tls_context",
            ["self", "request", "verify", "proxies", "cert"],
        ),
    ],
)
def test_a_method_of_a_library_that_we_override_is_there_and_called_alike(
    owner: type, hook: str, parameters: list[str]
) -> None:
    assert list(inspect.signature(getattr(owner, hook)).parameters) == parameters


def test_what_we_read_of_gunicorn_without_its_documentation_is_there() -> None:
    assert "SIG_QUEUE" in inspect.getsource(Arbiter.__init__)
    assert "LISTENERS" in vars(Arbiter)
    assert "sock" in inspect.signature(TConn.__init__).parameters


@pytest.mark.parametrize("project", ["gunicorn", "requests", "urllib3", "sqlalchemy"])
def test_a_library_whose_inner_workings_we_rely_on_has_an_upper_bound(project: str) -> None:
    (bound,) = [each for each in PROJECT["dependencies"] if named([each]) == {project}]
    assert "<" in bound


LOCKS = {path.stem: path.read_text(encoding="utf-8") for path in (ROOT / "locks").glob("*.txt")}
RELEASE = re.compile(r"^([a-z0-9][\w.-]*)==(\S+)(?: ;[^\\]*)? \\$", re.MULTILINE)
HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}(?: \\)?$")


@pytest.mark.parametrize("name", ["serve", "develop"])
def test_a_lock_holds_releases_with_their_hashes_and_nothing_else(name: str) -> None:
    lines = LOCKS[name].splitlines()
    assert [each for each in lines if not RELEASE.match(each) and not HASH.match(each)] == []
    pairs = pairwise([*lines, ""])
    assert [each for each, after in pairs if RELEASE.match(each) and not HASH.match(after)] == []


def test_the_locks_hold_what_is_declared_and_what_builds_us() -> None:
    served = {name for name, _ in RELEASE.findall(LOCKS["serve"])}
    developed = {name for name, _ in RELEASE.findall(LOCKS["develop"])}
    drivers = EXTRAS["otel"] | EXTRAS["postgres"] | EXTRAS["redis"]
    building = {"hatchling", "editables"}
    assert {_normal(each) for each in SERVING | drivers | building} <= served
    deep = EXTRAS["train-deep"] - EXTRAS["sequence"]
    assert {_normal(each) for each in DEVELOPING - deep} <= developed


def _normal(project: str) -> str:
    """The name as an index spells it."""
    return re.sub(r"[-_.]+", "-", project)


def test_what_serves_is_developed_with_the_same_releases() -> None:
    assert set(RELEASE.findall(LOCKS["serve"])) <= set(RELEASE.findall(LOCKS["develop"]))
