"""Breaks a seeded sample of each room's functions, and fails if the tests notice too few of them.

A mutant is one small change to one function, as mutmut makes them. What was tried is kept in
`build/mutation`, so a run that was stopped goes on where it was.
"""

import argparse
import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ENOUGH = 0.85
BATCH = 50
SEED = 20261201
WORK = Path("build/mutation")
ROOMS = {
    "fhir_adapters": ["fhir_adapters"],
    "cds_hooks/engine": ["cds_hooks/engine", "cds_hooks/services"],
    "cds_hooks/store": ["cds_hooks/store"],
    "cds_hooks/auth": ["cds_hooks/auth"],
}
FOLDERS = ("cds_hooks", "fhir_adapters", "predictors", "fixtures", "tests", "tools", "docs")
FILES = ("README.md", "GLOSSARY.md", "CHANGELOG.md", "Makefile")
NOTICED = {1, 3, -24, 24, 36, 152, 255, -11, -9}  # a failing test, a time limit, a crash


def main() -> None:
    """Prints, for each room that was asked for, the share of its mutants that some test noticed."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("rooms", nargs="*", default=list(ROOMS), help=f"of {', '.join(ROOMS)}")
    parser.add_argument("--sample", type=int, default=400, help="how many mutants a room")
    options = parser.parse_args()
    missed = [room for room in options.rooms if _score(room, options.sample) < ENOUGH]
    if missed:
        sys.exit(f"Too few noticed in {', '.join(missed)}")


def _score(room: str, sample: int) -> float:
    """The share of a room's sampled mutants that was noticed, which is printed with the rest."""
    folder = _prepared(room)
    _mutmut(folder, "none*")
    names = sorted(_results(folder))
    rng = random.Random(SEED)  # noqa: S311 - an order, no secret
    chosen = rng.sample(names, min(sample, len(names)))
    untried = [name for name in chosen if _results(folder)[name] is None]
    for batch in _batches(untried):
        _mutmut(folder, *batch)
        print(f"{room}: {len(batch)} mutants tried", flush=True)
    results = _results(folder)
    missed = [name for name in chosen if results[name] not in NOTICED]
    score = 1 - len(missed) / len(chosen)
    print(f"{room}: {len(chosen) - len(missed)} of {len(chosen)} noticed, {score:.1%}", flush=True)
    print(*(f"  not noticed: {name}" for name in missed), sep="\n", flush=True)
    return score


def _prepared(room: str) -> Path:
    """A folder that mutmut works in, with the project's files and this room as what it changes."""
    folder = WORK / room.replace("/", ".")
    folder.mkdir(parents=True, exist_ok=True)
    for name in (*FOLDERS, *FILES):
        link = folder / name
        if not link.is_symlink():
            link.symlink_to(Path(name).resolve())
    (folder / "pyproject.toml").write_text(
        Path("pyproject.toml").read_text(encoding="utf-8") + _settings(room), encoding="utf-8"
    )
    return folder


def _settings(room: str) -> str:
    """The table of mutmut in a pyproject.toml: a list of JSON is one of TOML."""
    tests = [f"tests/{tested}/" for tested in ROOMS[room]]
    copied = [*(f"{name}/" for name in FOLDERS), *FILES]
    return f"""
[tool.mutmut]
source_paths = ["{room}/"]
pytest_add_cli_args_test_selection = {json.dumps(tests)}
also_copy = {json.dumps(copied)}
"""


def _mutmut(folder: Path, *names: str) -> None:
    """Runs mutmut on some mutants; where none has such a name it only makes them, and fails."""
    with (folder / "mutmut.log").open("ab") as log:
        subprocess.run(
            [sys.executable, "-m", "mutmut", "run", *names],
            cwd=folder,
            env=os.environ | {"PYTHONPATH": ""},
            stdout=log,
            stderr=log,
        )


def _results(folder: Path) -> dict[str, int | None]:
    """Each mutant's name with how its tests ended, or None where it was not tried."""
    return {
        name: code
        for meta in (folder / "mutants").rglob("*.meta")
        for name, code in json.loads(meta.read_text(encoding="utf-8"))["exit_code_by_key"].items()
    }


def _batches(names: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(names), BATCH):
        yield names[start : start + BATCH]


if __name__ == "__main__":
    main()
