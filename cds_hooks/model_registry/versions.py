"""Which version of a model is served: the package's own, or the one that a site has activated."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

import msgspec

from predictors import manifest, model_folder
from predictors.model_folder import MANIFEST, PINS, digest
from predictors.predictor import Predictor
from predictors.tree_model import require_model
from predictors.tree_text import Damaged

Role: TypeAlias = Literal["active", "challenger"]
ROLES: tuple[Role, ...] = ("active", "challenger")

SHIPPED = "shipped"
"""What the version of the package is called where versions are chosen."""


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """One version of a model: its folder, and the hash that its manifest must have.

    `version` is the site's name of it, which is its folder's, or `SHIPPED`.
    """

    predictor: Predictor
    version: str
    folder: Path
    pin: str


def chosen(predictor: Predictor, site: Path | None, role: Role = "active") -> ModelVersion | None:
    """The version with that role; None for a challenger if there is none, or if it is active.

    Raises Damaged if the site's pointer cannot be read: another version is no substitute.
    """
    found = _pointed(predictor, site / predictor.name, role) if site else None
    if role == "active":
        return found or shipped(predictor)
    return None if found == chosen(predictor, site) else found


def shipped(predictor: Predictor) -> ModelVersion:
    """The version of the package."""
    folder = require_model(predictor).folder
    pin = model_folder.pins(folder.parent / PINS.name).get(predictor.name, "")
    return ModelVersion(predictor, SHIPPED, folder, pin)


def versions(predictor: Predictor, site: Path | None) -> Iterator[ModelVersion]:
    """Every version, the package's first; a site's is pinned as it is found."""
    yield shipped(predictor)
    folders = sorted((site / predictor.name).glob(f"*/{MANIFEST}")) if site else []
    for found in folders:
        yield ModelVersion(predictor, found.parent.name, found.parent, digest(found.read_bytes()))


def activate(source: ModelVersion, site: Path, role: Role = "active") -> None:
    """Points the role at that version, with the hash that it has now; at once, for new processes.

    The package's version as the active one needs no pointer. The trial of a version ends when it
    becomes the active one, and does not begin again when another does.
    """
    if role == "active":
        _end_trial(source, site)
    pointer = site / source.predictor.name / f"{role}.toml"
    if source.version == SHIPPED and role == "active":
        pointer.unlink(missing_ok=True)
        return
    pointer.parent.mkdir(parents=True, exist_ok=True)
    made = pointer.with_suffix(".new")
    made.write_text(f'version = "{source.version}"\nsha256 = "{source.pin}"\n', encoding="utf-8")
    made.replace(pointer)


def _end_trial(source: ModelVersion, site: Path) -> None:
    try:
        tried = _pointed(source.predictor, site / source.predictor.name, "challenger")
    except Damaged:
        return  # of what is not known, which stays refused
    if tried and tried.version == source.version:
        (site / source.predictor.name / "challenger.toml").unlink(missing_ok=True)


def _pointed(predictor: Predictor, versions: Path, role: Role) -> ModelVersion | None:
    pointer = versions / f"{role}.toml"
    try:
        read = tomllib.loads(pointer.read_text(encoding="utf-8"))
        version, pin = str(read["version"]), str(read["sha256"])
    except FileNotFoundError:
        return None
    except (OSError, KeyError, ValueError) as error:
        raise Damaged(f"{pointer.name} cannot be read: {type(error).__name__}") from None
    if version == SHIPPED:
        return shipped(predictor)
    return ModelVersion(predictor, version, versions / Path(version).name, pin)


def trained_version(source: ModelVersion) -> str:
    """The version that training gave it, unverified: to be listed. "" if it cannot be read."""
    try:
        return manifest.read((source.folder / MANIFEST).read_bytes()).version
    except (OSError, msgspec.MsgspecError):
        return ""
