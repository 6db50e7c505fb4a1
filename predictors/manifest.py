"""What a trained model's folder says of it: `manifest.json`, written by training alone."""

import msgspec

from predictors.blend import Blend
from predictors.novelty import Novelty
from predictors.predictor import Link


class ModelFeature(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One column of the model, and what it was in training.

    `unit` is that of the input it is made of; `low` and `high` are the least and the greatest
    value, `missing` the part of the rows that had none; `monotone` is 1 if the risk could only
    rise with it, -1 if only fall, else 0.
    """

    name: str
    input: str
    unit: str
    low: float | None
    high: float | None
    missing: float
    monotone: int


class Calibration(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The calibrated margin is `intercept + slope * margin`."""

    intercept: float = 0.0
    slope: float = 1.0


class Horizon(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For how long after the assessment the risk is; all 0 where it has no such end."""

    years: int = 0
    hours: int = 0


class Training(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the model was fitted to; `sha256` is that of the data, `code` that of its Python."""

    data: str
    sha256: str
    rows: int
    events: int
    patients: int
    seed: int
    code: str = ""


class Metric(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One measure of performance with its 95 % interval.

    `cohort` says on whom ("internal", or the name of another set), `subgroup` on which of them ("":
    all), such as "sex=female".
    """

    cohort: str
    name: str
    value: float
    low: float | None = None
    high: float | None = None
    subgroup: str = ""
    n: int = 0
    events: int = 0


class AlertBudget(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many alerts a threshold was set for, and whether on the patients of the site itself."""

    alerts_per_100_patient_days: float
    at_site: bool = False


class Threshold(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A risk from which a card is shown, and what that meant in validation.

    `nne` is the number needed to evaluate: how many alerts a true one takes. `budget` is there if
    the risk was set by how many alerts there may be.
    """

    name: str
    risk: float
    sensitivity: float
    ppv: float
    nne: float
    alerts_per_100: float
    budget: AlertBudget | None = None


class Observed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many of those with a predicted risk from `low` to below `high` had the outcome."""

    low: float
    high: float
    n: int
    events: int


class Histogram(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A feature in training: how many rows between neighbouring edges, and without a value."""

    edges: tuple[float, ...]
    counts: tuple[int, ...]
    missing: int


class Golden(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A row (null: missing) of no patient, its margin, and each feature's part in it.

    The last of the `contributions` is the baseline; neither is calibrated.
    """

    row: tuple[float | None, ...]
    margin: float
    contributions: tuple[float, ...]


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything about a trained model that is not in its text; `files` are SHA-256 by name.

    `lightgbm` is the version that fitted the trees; "" of a Cox model or a network. With a `blend`
    a linear part stands beside the trees. With a `novelty` the model refuses who is unlike those of
    training.
    """

    model: str
    version: str
    files: dict[str, str]
    lightgbm: str
    features: tuple[ModelFeature, ...]
    link: Link
    outcome: str
    horizon: Horizon
    calibration: Calibration
    training: Training
    metrics: tuple[Metric, ...]
    thresholds: tuple[Threshold, ...]
    observed: tuple[Observed, ...]
    reference: dict[str, Histogram]
    golden: tuple[Golden, ...]
    blend: Blend | None = None
    novelty: Novelty | None = None

    def threshold(self, name: str) -> Threshold:
        """The threshold of that name; KeyError if there is none."""
        for threshold in self.thresholds:
            if threshold.name == name:
                return threshold
        raise KeyError(name)

    def observed_at(self, risk: float) -> Observed | None:
        """What was observed of those with about that predicted risk; None outside all of them."""
        return next((each for each in self.observed if each.low <= risk < each.high), None)


def written(manifest: Manifest) -> bytes:
    """The manifest as its file's bytes."""
    return msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n"


def read(content: bytes) -> Manifest:
    """The manifest of its file's bytes; raises msgspec.DecodeError or msgspec.ValidationError."""
    return msgspec.json.decode(content, type=Manifest)
