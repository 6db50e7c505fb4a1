"""Published and independently computed results: inputs, expected outputs, tolerance and source."""

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[3] / "fixtures" / "scores"


def vectors(name: str) -> list[dict[str, Any]]:
    """The vectors of fixtures/scores/<name>.json."""
    found: list[dict[str, Any]] = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    return found
