"""Writes the locks: every release that is installed, with its hashes.

`locks/serve.txt` is what a server needs, with any database and exporter; `locks/develop.txt` is
that and all that the tests and tools need, but for torch, which a research note's model alone is
trained with. Both hold for Python 3.11 to 3.14 and hold no index.
"""

import subprocess
import sys
import tomllib
from pathlib import Path

SERVED_EXTRAS = ("otel", "postgres", "redis")
EDITABLE = "editables>=0.5"
"""What hatchling needs to install the project from its folder."""

COMPILE = (
    *(sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--upgrade", "--universal"),
    *("--python-version", "3.11", "--generate-hashes", "--no-header", "--no-annotate"),
    *("--no-emit-index-url", "--no-emit-find-links", "pyproject.toml", "-"),
)


def lock(file: Path, *arguments: str) -> None:
    """Resolves the project with its build backend, which is not fetched at the build."""
    project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))
    backend = "\n".join([*project["build-system"]["requires"], EDITABLE])
    command = [*COMPILE, "--output-file", str(file), *arguments]
    subprocess.run(command, check=True, input=backend, text=True, stdout=subprocess.DEVNULL)


def main() -> None:
    """Locks what serves, and then what develops with the same releases."""
    serve, develop = Path("locks/serve.txt"), Path("locks/develop.txt")
    lock(serve, *(f"--extra={name}" for name in SERVED_EXTRAS))
    extras = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))
    names = extras["project"]["optional-dependencies"].keys() - {"train-deep"}
    lock(develop, *(f"--extra={name}" for name in sorted(names)), f"--constraint={serve}")


if __name__ == "__main__":
    main()
