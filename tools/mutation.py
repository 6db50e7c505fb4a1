"""Breaks fhir_adapters in every way mutmut knows, and fails if the tests notice too few of them."""

import json
import subprocess
import sys
from pathlib import Path

ENOUGH = 0.85
STATS = Path("mutants/mutmut-cicd-stats.json")


def main() -> None:
    """Runs mutmut and prints the share of its mutants that some test noticed."""
    mutmut = [sys.executable, "-m", "mutmut"]
    subprocess.run([*mutmut, "run"], check=True)
    subprocess.run([*mutmut, "export-cicd-stats"], check=True)
    stats = json.loads(STATS.read_text(encoding="utf-8"))
    noticed = stats["killed"] + stats["timeout"] + stats["segfault"]
    score = noticed / stats["total"]
    print(f"{noticed} of {stats['total']} mutants noticed: {score:.1%} (at least {ENOUGH:.0%})")
    if score < ENOUGH:
        sys.exit("The survivors: .venv/bin/python -m mutmut results")


if __name__ == "__main__":
    main()
