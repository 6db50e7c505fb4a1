"""A validation in words and pictures, as it lies beside the model that was validated."""

from pathlib import Path

import msgspec

from predictors.manifest import Manifest
from predictors.model_folder import MODEL

FOLDER = "validation"
"""The folder within a model's own."""

REPORT = "report.json"


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A title, a sentence on how to read it, column headings and rows of text."""

    title: str
    note: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Picture(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A plot: its title, what it shows in a sentence, and the SVG's file name."""

    title: str
    description: str
    file: str


class ValidationReport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was found of one version of a model, on which data.

    `trees` is the SHA-256 of the text that the version serves: its trees, or its Cox model.
    """

    model: str
    version: str
    trees: str
    heading: str
    summary: str
    pictures: tuple[Picture, ...]
    tables: tuple[Table, ...]

    def table(self, title: str) -> Table | None:
        """The table of that title, if there is one."""
        return next((each for each in self.tables if each.title == title), None)


def read(model: Path, manifest: Manifest) -> ValidationReport | None:
    """The report in a model's folder; None without one of this very version.

    Raises msgspec.MsgspecError for a file that is none.
    """
    path = model / FOLDER / REPORT
    if not path.is_file():
        return None
    report = msgspec.json.decode(path.read_bytes(), type=ValidationReport)
    served = (manifest.model, manifest.version, manifest.files.get(MODEL))
    return report if (report.model, report.version, report.trees) == served else None


def written(report: ValidationReport) -> bytes:
    """The report as its file's bytes."""
    return msgspec.json.format(msgspec.json.encode(report), indent=1) + b"\n"
