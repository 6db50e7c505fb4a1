"""Writes constraints.txt: the newest release of every dependency that the oldest Python can use."""

import json
import subprocess
import sys
from pathlib import Path

HEADER = "# What `make` installs, pinned by `make constraints` with the oldest Python, 3.11.\n"

ALSO = {"pyyaml-ft": "8.0.0"}
"""What only a newer Python needs, and 3.11 cannot resolve: libcst's YAML reader on 3.13."""


def resolved(requirement: str) -> dict[str, str]:
    """Version by project name of all that pip would install for the requirement."""
    pip = [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "-qq"]
    report = subprocess.run(
        [*pip, "--report", "-", requirement], check=True, stdout=subprocess.PIPE
    )
    items = json.loads(report.stdout)["install"]
    return {item["metadata"]["name"].lower(): item["metadata"]["version"] for item in items}


def main() -> None:
    """Resolves the project with all its extras and writes every version but its own."""
    if sys.version_info[:2] != (3, 11):
        sys.exit("Only the oldest Python: make clean, then make PYTHON=python3.11 constraints")
    versions = (
        resolved(".[train,sequence,worklist,population,dask,postgres,redis,otel,mutation,dev]")
        | ALSO
    )
    del versions["cds-hooks-server"]
    lines = [f"{name}=={version}\n" for name, version in sorted(versions.items())]
    Path("constraints.txt").write_text(HEADER + "".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
