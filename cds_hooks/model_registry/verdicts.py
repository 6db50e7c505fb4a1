"""A cache of verification results in a file, so that a restart need not verify again."""

from collections.abc import Collection
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import msgspec

from cds_hooks.settings.models import ModelSettings

MOST_VERDICTS = 200
"""How many verdicts are kept, the newest."""


@dataclass(frozen=True, slots=True)
class Verdicts:
    """The models that passed with this LightGBM and onnxruntime, by the hashes of their manifests.

    A file that cannot be read holds none, and one that cannot be written keeps none: the models are
    then tried at each start. None is no file.
    """

    file: Path | None

    def passed(self, hashes: Collection[str]) -> frozenset[str]:
        """Those of the hashes whose models passed."""
        kept = frozenset(self._kept())
        return frozenset(each for each in hashes if _with_this(each) in kept)

    def keep(self, hashes: Collection[str]) -> None:
        """Adds those that passed."""
        if self.file is None or not hashes:
            return
        kept = dict.fromkeys([*self._kept(), *map(_with_this, hashes)])
        made = self.file.with_suffix(".new")
        try:
            self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            made.write_bytes(msgspec.json.encode(list(kept)[-MOST_VERDICTS:]))
            made.replace(self.file)
        except OSError:
            return

    def _kept(self) -> list[str]:
        if self.file is None:
            return []
        try:
            return msgspec.json.decode(self.file.read_bytes(), type=list[str])
        except (OSError, msgspec.DecodeError, msgspec.ValidationError):
            return []


def verdicts(settings: ModelSettings) -> Verdicts:
    """The verdicts of the site: where it says, or in the cache of the user who serves."""
    if settings.verdicts:
        return Verdicts(Path(settings.verdicts))
    try:
        return Verdicts(Path.home() / ".cache" / "cds-hooks-server" / "verified-models.json")
    except RuntimeError:
        return Verdicts(None)


def _with_this(sha256: str) -> str:
    return f"{sha256} lightgbm {version('lightgbm')} onnxruntime {_onnxruntime()}"


def _onnxruntime() -> str:
    try:
        return version("onnxruntime")
    except PackageNotFoundError:
        return "none"
