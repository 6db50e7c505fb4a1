"""What training leaves: the folder that is served, made from what was fitted and found."""

from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import msgspec
import numpy as np

from predictors import cox_model, manifest, model_folder, sequence_model
from predictors.blend import Blend
from predictors.cox_model import CoxModel
from predictors.manifest import (
    Calibration,
    Golden,
    Histogram,
    Horizon,
    Manifest,
    Metric,
    ModelFeature,
    Observed,
    Threshold,
    Training,
)
from predictors.model_folder import CARD, MANIFEST, MODEL, PINS, digest
from predictors.novelty import Novelty
from predictors.predictor import Predictor
from predictors.training.ensembles import averaged
from predictors.tree_model import (
    Floats,
    TreeModel,
    contributions,
    margins,
    read_model,
    require_model,
)
from predictors.tree_text import expect

BINS = 10
GOLDEN_ROWS = 12


@dataclass(frozen=True, slots=True)
class Trained:
    """A fitted model, before it is a folder.

    `predictor` is its declaration, `boosters` the texts (`Booster.model_to_string()`) whose mean
    margin it is, or `cox` the Cox model or `onnx` the network in their place; `rows` [n, features]
    are what it was fitted to. `observed` covers the predicted risks from 0 to 1 without overlap.
    `version` is that of the declaration if "".
    """

    predictor: Predictor
    boosters: tuple[str, ...]
    calibration: Calibration
    rows: Floats
    training: Training
    metrics: tuple[Metric, ...] = ()
    thresholds: tuple[Threshold, ...] = ()
    observed: tuple[Observed, ...] = ()
    cox: CoxModel | None = None
    onnx: bytes = b""
    version: str = ""
    blend: Blend | None = None
    novelty: Novelty | None = None

    @property
    def text(self) -> str:
        """The text that is served."""
        if self.cox is not None:
            return cox_model.written(self.cox)
        if self.onnx:
            return sequence_model.written(self.onnx)
        features = require_model(self.predictor).features
        return averaged(self.boosters, tuple(each.name for each in features))


def write(trained: Trained, folder: Path | None = None) -> Manifest:
    """Writes `model.txt` and `manifest.json` into the folder; a `card.toml` in it is kept.

    Without a folder it is the declaration's own, and is pinned as the one to serve. The same fit
    gives the same bytes. Raises ValueError (or Damaged) if what was fitted cannot be served.
    """
    model = require_model(trained.predictor)
    _refuse_never_missing(trained, model)
    target = folder or model.folder
    target.mkdir(parents=True, exist_ok=True)
    text = trained.text
    (target / MODEL).write_text(text, encoding="ascii", newline="\n")
    made = seal(target, _manifest(trained, model, text))
    if folder is None:
        pin(target)
    return made


def seal(folder: Path, made: Manifest | None = None) -> Manifest:
    """Writes the manifest with the hashes of the folder's files as they are now.

    Without `made` it is the manifest that is there, after `card.toml` was edited: raises Damaged if
    the model is not its own.
    """
    made = made or _with_its_trees(folder)
    held = (name for name in (MODEL, CARD) if (folder / name).is_file())
    files = {name: digest((folder / name).read_bytes()) for name in held}
    made = msgspec.structs.replace(made, files=files)
    content = manifest.written(made)
    (folder / MANIFEST).write_bytes(content)
    return made


def _with_its_trees(folder: Path) -> Manifest:
    made = manifest.read((folder / MANIFEST).read_bytes())
    expect(digest((folder / MODEL).read_bytes()) == made.files[MODEL], f"{MODEL} was changed")
    return made


def pin(folder: Path) -> None:
    """Pins the folder's manifest in `pins.toml` beside the folder, as the one to serve."""
    path, content = folder.parent / PINS.name, (folder / MANIFEST).read_bytes()
    pinned = {**model_folder.pins(path), manifest.read(content).model: digest(content)}
    lines = (f'{name} = "{sha256}"\n' for name, sha256 in sorted(pinned.items()))
    path.write_text("".join(lines), encoding="utf-8")


def _manifest(trained: Trained, model: TreeModel, text: str) -> Manifest:
    features = tuple(_features(trained, model))
    code = digest(b"".join(each.read_bytes() for each in sorted(model.folder.glob("*.py"))))
    return Manifest(
        model=model.name,
        version=trained.version or trained.predictor.version,
        files={},
        lightgbm=version("lightgbm") if trained.boosters else "",
        features=features,
        link=model.link,
        outcome=model.outcome,
        horizon=Horizon(years=model.years, hours=model.hours),
        calibration=trained.calibration,
        training=msgspec.structs.replace(trained.training, code=code),
        metrics=trained.metrics,
        thresholds=trained.thresholds,
        observed=trained.observed,
        reference={
            each.name: histogram(column)
            for each, column in zip(features, trained.rows.T, strict=True)
        },
        golden=tuple(golden(text, golden_rows(trained.rows))),
        blend=trained.blend,
        novelty=trained.novelty,
    )


def _features(trained: Trained, model: TreeModel) -> Iterable[ModelFeature]:
    units = {each.name: each.unit for each in trained.predictor.inputs}
    for feature, column in zip(model.features, trained.rows.T, strict=True):
        there = column[~np.isnan(column)]
        yield ModelFeature(
            name=feature.name,
            input=feature.input,
            unit=units[feature.input],
            low=float(there.min()) if there.size else None,
            high=float(there.max()) if there.size else None,
            missing=round(1 - there.size / column.size, 6),
            monotone=feature.monotone,
        )


def histogram(column: Floats) -> Histogram:
    """Rows between the deciles of a feature; fewer bins where deciles are equal."""
    there = column[~np.isnan(column)]
    missing = int(column.size - there.size)
    if not there.size:
        return Histogram(edges=(), counts=(), missing=missing)
    edges = np.unique(np.quantile(there, np.linspace(0, 1, BINS + 1)))
    edges = edges if edges.size > 1 else np.repeat(edges, 2)
    counts, _ = np.histogram(there, edges)
    return Histogram(edges=tuple(edges.tolist()), counts=tuple(counts.tolist()), missing=missing)


def golden_rows(rows: Floats) -> Floats:
    """Rows of no patient: each feature at another of its quantiles, some missing that can be.

    Every row holds another mixture, the last is missing all that was ever missing.
    """
    steps, columns = np.arange(GOLDEN_ROWS)[:, None], np.arange(rows.shape[1])[None, :]
    places = (steps * 5 + columns * 7) % GOLDEN_ROWS
    levels = np.stack([_levels(column) for column in rows.T])
    made: Floats = levels[columns, places]
    gaps = ((steps + columns) % 4 == 0) | (steps == GOLDEN_ROWS - 1)
    made[gaps & np.isnan(rows).any(axis=0)] = np.nan
    return made


def _levels(column: Floats) -> Floats:
    there = column[~np.isnan(column)]
    if not there.size:
        return np.full(GOLDEN_ROWS, np.nan)
    levels: Floats = np.quantile(there, np.linspace(0.02, 0.98, GOLDEN_ROWS))
    return levels


def golden(text: str, rows: Floats) -> Iterable[Golden]:
    """What the model of that text says of each row."""
    model = read_model(text)
    for row, margin, parts in zip(
        rows, margins(model, rows), contributions(model, rows), strict=True
    ):
        sent = tuple(None if np.isnan(each) else float(each) for each in row)
        yield Golden(row=sent, margin=float(margin), contributions=tuple(parts.tolist()))


def _refuse_never_missing(trained: Trained, model: TreeModel) -> None:
    """Trees take a missing value that they never saw for a zero."""
    columns = zip(model.features, trained.rows.T, strict=True)
    seen = {feature.input for feature, column in columns if np.isnan(column).any()}
    optional = {each.name for each in trained.predictor.inputs if not each.required | each.excludes}
    read = {each.input for each in model.features}
    if never := sorted((optional & read) - seen):
        raise ValueError(f"never missing in training, so required: {', '.join(never)}")
