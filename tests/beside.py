"""What lies beside the project where it was made and is no part of it: data sets, the standard."""

from pathlib import Path

import pytest

BESIDE = Path(__file__).parents[2] / "shared"


def beside(name: str) -> Path:
    """A file or folder there; where it is absent, also in CI, the test is skipped."""
    found = BESIDE / name
    if not found.exists():
        pytest.skip(f"{name} is not beside the project, of which it is no part")
    return found


def examples(pattern: str) -> list[Path]:
    """The specification's own examples with such a name."""
    return sorted(beside("standard/spec-examples").glob(pattern))
