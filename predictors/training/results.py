"""What a validation found, as it is written to JSON: the names here are its schema."""

from collections.abc import Mapping
from dataclasses import dataclass

from predictors.training.intervals import Estimate

SCHEMA = "cds-hooks validation 1"

Measures = Mapping[str, Estimate]
"""Estimates by the name of the measure."""


@dataclass(frozen=True, slots=True)
class AtThreshold:
    """What a threshold means; `own` if it is the model's, and not one that fits these data."""

    name: str
    risk: float
    own: bool
    measures: Measures


@dataclass(frozen=True, slots=True)
class Comparison:
    """Another score beside the model, on the rows where that score can be computed.

    `difference` is the model's measure less the other's, on the same resamples.
    """

    name: str
    rows: int
    patients_with_event: int
    model: Measures
    comparator: Measures
    difference: Measures


@dataclass(frozen=True, slots=True)
class Subgroup:
    """The model in a part of the patients; without its events and measures if they are too few."""

    by: str
    label: str
    rows: int
    patients: int
    patients_with_event: int | None
    measures: Measures


@dataclass(frozen=True, slots=True)
class Agreement:
    """Rows of about the same predicted risk: its mean, and what was observed."""

    rows: int
    low: float
    high: float
    predicted: float
    observed: Estimate


@dataclass(frozen=True, slots=True)
class Refused:
    """Whom a model refuses as unlike its training, in a part of the rows.

    `with_outcome` and `without` are shares of hours, `septic_stays_refused` that of stays of which
    an hour is refused in which an alert would be in time; NaN where there are none.
    """

    by: str
    label: str
    rows: int
    with_outcome: float
    without: float
    septic_stays: int
    septic_stays_refused: float


@dataclass(frozen=True, slots=True)
class NetBenefit:
    """What it is worth to act from a risk on: by the model, and by acting on everyone."""

    threshold: float
    model: Estimate
    everyone: float


@dataclass(frozen=True, slots=True)
class Curve:
    """Points of a line in a plot, from the highest threshold down."""

    name: str
    x: tuple[float, ...]
    y: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Histogram:
    """How many rows have a predicted risk between neighbouring edges."""

    edges: tuple[float, ...]
    with_event: tuple[int, ...]
    without: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Validation:
    """A model on one cohort; `events` are rows with the outcome."""

    model: str
    version: str
    outcome: str
    horizon_years: int
    data: str
    rows: int
    patients: int
    events: int
    patients_with_event: int
    replicates: int
    seed: int
    measures: Measures
    thresholds: tuple[AtThreshold, ...]
    comparisons: tuple[Comparison, ...]
    subgroups: tuple[Subgroup, ...]
    calibration: tuple[Agreement, ...]
    net_benefit: tuple[NetBenefit, ...]
    curves: tuple[Curve, ...]
    risks: Histogram
    refusals: tuple[Refused, ...] = ()
    schema: str = SCHEMA
