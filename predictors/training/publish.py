"""Writes a validation beside its model, as the service's page shows it."""

from pathlib import Path

from predictors.manifest import Manifest
from predictors.model_folder import MODEL
from predictors.training.plots import Plot, plots, standalone
from predictors.training.report import heading, summary, tables
from predictors.training.results import Validation
from predictors.validation_report import FOLDER, REPORT, Picture, ValidationReport, written


def publish(validation: Validation, manifest: Manifest, model: Path) -> None:
    """Writes the report and its plots into the folder of the version with that manifest."""
    folder = model / FOLDER
    folder.mkdir(exist_ok=True)
    drawn = {_file(plot): plot for plot in plots(validation)}
    for old in folder.glob("*.svg"):
        old.unlink()
    for name, plot in drawn.items():
        (folder / name).write_text(standalone(plot), encoding="utf-8")
    report = ValidationReport(
        model=manifest.model,
        version=manifest.version,
        trees=manifest.files[MODEL],
        heading=heading(validation),
        summary=summary(validation),
        pictures=tuple(Picture(p.title, p.description, name) for name, p in drawn.items()),
        tables=tables(validation),
    )
    (folder / REPORT).write_bytes(written(report))


def _file(plot: Plot) -> str:
    return f"{plot.title.lower().replace(' ', '-')}.svg"
