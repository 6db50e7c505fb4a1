"""A trained model (trees, Cox, a sequence) as a predictor: features in, an explained risk out."""

import math
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from predictors import cox_model, sequence_model
from predictors.blend import LinearPart, linear_part
from predictors.cox_model import CoxModel
from predictors.manifest import Manifest
from predictors.novelty import Detector, detector
from predictors.predictor import (
    Input,
    Kind,
    Link,
    NotAssessed,
    Prediction,
    Predictor,
    Problem,
    Reason,
    Value,
    predict,
)
from predictors.sequence_model import SequenceModel

if TYPE_CHECKING:
    from lightgbm import Booster

Floats: TypeAlias = NDArray[np.float64]

Row: TypeAlias = Callable[[Mapping[str, Value]], Floats]
"""A model's feature function: what is known of the declared inputs by name, in their units, to one
number a feature, in their order; NaN where it is missing."""

Model: TypeAlias = "Booster | CoxModel | SequenceModel"
"""What was fitted: trees, a Cox model or a network. Each version of a model is one of them."""

UNLIKE = "the values are unlike those of the patients whom the model learned from"
THREADS = 1
"""A prediction of one row by several threads is slower, and after a fork it may hang."""


@dataclass(frozen=True, slots=True)
class Feature:
    """One column of a model: its name, and the declared input to which its part is credited.

    `monotone` is 1 if the risk may only rise with it, -1 if it may only fall, else 0.
    """

    name: str
    input: str
    monotone: int = 0


@dataclass(frozen=True, slots=True)
class Reading:
    """What one form of a model reads: its columns, and how a chart becomes a row of them."""

    features: tuple[Feature, ...]
    row: Row


@dataclass(frozen=True, slots=True)
class Fitted:
    """A loaded model and its calibration: `intercept + slope * margin`, on the link's scale.

    With a `linear` part the margin is that of both. A `detector` says which rows are refused.
    """

    model: Model
    intercept: float = 0.0
    slope: float = 1.0
    linear: LinearPart | None = None
    detector: Detector | None = None

    def margins(self, rows: Floats) -> Floats:
        """The margins of rows [n, features] before calibration: n numbers."""
        found = margins(self.model, rows)
        if self.linear is not None:
            found = self.linear.trees * found + self.linear.margins(rows)
        return found

    def totals(self, rows: Floats) -> Floats:
        """The calibrated margins of rows [n, features]."""
        return np.asarray(self.intercept + self.slope * self.margins(rows))

    def parts(self, row: Floats) -> Floats:
        """What each feature adds to a row's calibrated margin, and last the baseline: n + 1."""
        parts = contributions(self.model, row[np.newaxis])[0]
        if self.linear is not None:
            parts = self.linear.trees * parts
            parts[:-1] += self.linear.terms(row[np.newaxis])[0]
            parts[-1] += self.linear.baseline
        parts *= self.slope
        parts[-1] += self.intercept
        return np.asarray(parts)

    def unlike(self, rows: Floats) -> NDArray[np.bool_]:
        """Which rows [n, features] are refused as unlike those of training."""
        if self.detector is None:
            return np.zeros(len(rows), dtype=np.bool_)
        unlike: NDArray[np.bool_] = self.detector.unlike(rows)
        return unlike


@dataclass(frozen=True, slots=True)
class TreeModel:
    """What a trained model's predictor computes: it refuses until it holds a verified model."""

    name: str
    outcome: str
    link: Link
    features: tuple[Feature, ...]
    row: Row
    folder: Path
    years: int
    hours: int
    fitted: Fitted | None = None
    manifest: Manifest | None = None
    unavailable: str = "the model was not loaded"
    note: str = ""
    others: tuple[Reading, ...] = ()

    def reading(self, names: tuple[str, ...]) -> "TreeModel":
        """The model as a form of it reads that has columns of these names; as it is without one."""
        found = (each for each in self.others if _names(each.features) == names)
        return next((replace(self, features=e.features, row=e.row) for e in found), self)

    def __call__(self, **facts: Value) -> tuple[Prediction, ...]:
        """The prediction; its contributions are found when it is asked to explain itself.

        Raises NotAssessed for who is unlike those of training.
        """
        fitted, row = self._loaded(), self.row(facts)
        rows = row[np.newaxis]
        if fitted.unlike(rows)[0]:
            raise NotAssessed(self.name, (Reason("", Problem.UNFAMILIAR, UNLIKE),))
        prediction = self._predicted({}, float(fitted.totals(rows)[0]))
        # Asked twice, for the card and for its record, but found once.
        return (replace(prediction, explain=cache(partial(self._explained, fitted, row))),)

    def _explained(self, fitted: Fitted, row: Floats) -> Prediction:
        """The prediction of a row by what each input adds to it, summed over its features.

        Of trees these are TreeSHAP values, of a Cox model differences to its reference person, of a
        network those to a patient of mean age of whom nothing was measured.
        """
        *parts, baseline = fitted.parts(row).tolist()
        added: dict[str, list[float]] = {}
        for feature, part in zip(self.features, parts, strict=True):
            added.setdefault(feature.input, []).append(part)
        return self._predicted({name: math.fsum(each) for name, each in added.items()}, baseline)

    def _predicted(self, parts: Mapping[str, float], baseline: float) -> Prediction:
        return predict(
            self.outcome,
            parts,
            link=self.link,
            baseline=baseline,
            years=self.years,
            hours=self.hours,
            note=self.note,
        )

    def _loaded(self) -> Fitted:
        if self.fitted is None:
            raise NotAssessed(self.name, (Reason("", Problem.UNAVAILABLE, self.unavailable),))
        return self.fitted


def tree_model(
    name: str,
    *,
    title: str,
    version: str,
    citation: str,
    url: str,
    population: str,
    inputs: Mapping[str, Input],
    required: tuple[str, ...],
    features: tuple[Feature, ...],
    row: Row,
    outcome: str,
    link: Link,
    folder: Path,
    excludes: tuple[str, ...] = (),
    years: int = 0,
    hours: int = 0,
    note: str = "",
    others: tuple[Reading, ...] = (),
) -> Predictor:
    """Declares a trained model; its predictor refuses until `loaded` gives it what was fitted.

    `inputs` are made by the functions of `predictors.score`. One that is `required` was always
    there in training: without it there is no prediction, and one not known exactly is varied. Any
    other was missing in some rows of training: missing or unknown it is a missing feature.
    `excludes` are the conditions that rule the model out. `outcome` is predicted for the `years`
    and `hours` after the assessment; `note` says what that horizon leaves open. `others` are what
    other forms of the model read of the same inputs.
    Raises ValueError if a feature names no input, or two features share a name.
    """
    for columns in (features, *(each.features for each in others)):
        _check_features(columns, inputs)
    declared = tuple(
        replace(each, name=key, required=key in required) for key, each in inputs.items()
    )
    declared += tuple(Input(key, Kind.CONDITION, required=False, excludes=True) for key in excludes)
    model = TreeModel(
        name, outcome, link, features, row, folder, years, hours, note=note, others=others
    )
    return _with_model(
        Predictor(name, title, version, citation, url, population, declared, model), model
    )


def model_of(predictor: Predictor) -> TreeModel | None:
    """The trained model that the predictor computes; None if it is a score."""
    return predictor.function if isinstance(predictor.function, TreeModel) else None


def require_model(predictor: Predictor) -> TreeModel:
    """The trained model that the predictor computes; TypeError if it is a score."""
    model = model_of(predictor)
    if model is None:
        raise TypeError(f"{predictor.name} is no trained model")
    return model


def as_read(predictor: Predictor, features: tuple[Feature, ...]) -> Predictor:
    """The predictor of a trained model in the form that reads these columns."""
    return _with_model(predictor, require_model(predictor).reading(_names(features)))


def loaded(predictor: Predictor, model: Model, manifest: Manifest) -> Predictor:
    """The predictor of a trained model with what was fitted, calibrated as its manifest says."""
    calibration = manifest.calibration
    computed = require_model(predictor).reading(tuple(each.name for each in manifest.features))
    names, novelty, blend = _names(computed.features), manifest.novelty, manifest.blend
    fitted = Fitted(
        model,
        calibration.intercept,
        calibration.slope,
        linear_part(blend) if blend else None,
        detector(novelty, names) if novelty else None,
    )
    computed = replace(computed, fitted=fitted, manifest=manifest)
    return replace(_with_model(predictor, computed), version=manifest.version)


def unavailable(predictor: Predictor, why: str) -> Predictor:
    """The predictor of a trained model, refusing everyone for that reason; not for a score."""
    return _with_model(predictor, replace(require_model(predictor), fitted=None, unavailable=why))


def read_model(text: str) -> Model:
    """Loads a model of any form from its text, which must have been verified.

    Raises ImportError or OSError where it needs a library that is not installed.
    """
    if sequence_model.is_sequence(text):
        return sequence_model.read(text)
    return cox_model.read(text) if cox_model.is_cox(text) else booster(text)


def booster(text: str) -> "Booster":
    """Loads the text of trees. It must have been verified: a damaged one can end the process.

    Raises ImportError or OSError where LightGBM, or the libgomp that it needs, is not installed.
    """
    with _without("pandas", "sklearn"):
        from lightgbm import Booster

    return Booster(model_str=text)


@contextmanager
def _without(*libraries: str) -> Iterator[None]:
    """LightGBM imports them where it finds them: only training uses them, and they take seconds."""
    absent: dict[str, Any] = dict.fromkeys(each for each in libraries if each not in sys.modules)
    sys.modules.update(absent)
    try:
        yield
    finally:
        for each in absent:
            del sys.modules[each]


def margins(model: Model, rows: Floats) -> Floats:
    """The margins of rows [n, features]: n numbers."""
    if isinstance(model, CoxModel | SequenceModel):
        return model.margins(rows)
    found: Floats = np.asarray(model.predict(rows, raw_score=True, num_threads=THREADS))
    return found


def contributions(model: Model, rows: Floats) -> Floats:
    """The parts of each row's margin [n, features + 1], the baseline last."""
    if isinstance(model, CoxModel | SequenceModel):
        return model.contributions(rows)
    found: Floats = np.asarray(model.predict(rows, pred_contrib=True, num_threads=THREADS))
    return found


def _names(features: tuple[Feature, ...]) -> tuple[str, ...]:
    return tuple(each.name for each in features)


def _with_model(predictor: Predictor, model: TreeModel) -> Predictor:
    return replace(predictor, function=model, learned_missing=True)


def _check_features(features: tuple[Feature, ...], inputs: Mapping[str, Any]) -> None:
    names = _names(features)
    if len(set(names)) < len(names):
        raise ValueError("two features share a name")
    if unknown := {feature.input for feature in features} - set(inputs):
        raise ValueError(f"no input is called {', '.join(sorted(unknown))}")
