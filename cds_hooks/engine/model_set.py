"""The trained models that may answer, made once and passed on to whoever assesses."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from predictors.predictor import Predictor


@dataclass(frozen=True, slots=True)
class Models:
    """Predictors with their verified trees, by name; without an entry a model refuses and says so.

    `active` are those whose cards are shown, `challengers` the versions that a site tries beside
    them: computed and recorded, never shown.
    """

    active: Mapping[str, Predictor] = field(default_factory=dict)
    challengers: Mapping[str, Predictor] = field(default_factory=dict)


NO_MODELS = Models()
"""For who needs none: every tree model then refuses as unavailable, so nothing is hidden."""
