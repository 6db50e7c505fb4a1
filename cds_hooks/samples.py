"""The synthetic patients that the demo shows: Bundles, by name."""

from collections.abc import Mapping
from pathlib import Path

PACKAGED = Path(__file__).parent / "samples"
REPOSITORY = Path(__file__).parent.parent / "fixtures"


def samples() -> Mapping[str, Path]:
    """Every sample Bundle's file by its name, from the installed package or else the repository."""
    folder = PACKAGED if PACKAGED.is_dir() else REPOSITORY
    found = [*folder.glob("patients/*.json"), *folder.glob("synthea/*.json")]
    return {path.stem: path for path in sorted(found)}
