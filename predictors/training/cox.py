"""The partial likelihood of Cox, doi:10.1111/j.2517-6161.1972.tb00899.x, with Breslow's ties."""

from dataclasses import dataclass

import numpy as np

from predictors.training.cohort import Floats, Integers, Survival

LEAST_CURVATURE = 1e-6


@dataclass(frozen=True, slots=True)
class PartialLikelihood:
    """Patients by rising time; `first` and `last` are the places of those with the same time.

    `order` is who is in each place, `places` where each patient is.
    """

    order: Integers
    places: Integers
    first: Integers
    last: Integers
    event: Floats

    def gradients(self, margin: Floats) -> tuple[Floats, Floats]:
        """First and second derivative of the negative logarithm by each margin: [n] and [n]."""
        hazard, at_risk = self._hazard(margin)
        passed = np.cumsum(self.event / at_risk)[self.last]
        spread = np.cumsum(self.event / at_risk**2)[self.last]
        gradient = hazard * passed - self.event
        curvature = np.maximum(hazard * passed - hazard**2 * spread, LEAST_CURVATURE)
        return gradient[self.places], curvature[self.places]

    def information(self, columns: Floats, margin: Floats) -> Floats:
        """Second derivative of the negative logarithm by the coefficients of columns [n, k]."""
        ordered = columns[self.order]
        hazard, at_risk = self._hazard(margin)
        passed = np.cumsum(self.event / at_risk)[self.last]
        weighted = hazard[:, None] * ordered
        sums = np.cumsum(weighted[::-1], axis=0)[::-1][self.first]
        mean = (sums / at_risk[:, None])[self.event > 0]
        found: Floats = ordered.T @ (passed[:, None] * weighted) - mean.T @ mean
        return found

    def loss(self, margin: Floats) -> float:
        """The negative logarithm of the likelihood, for each event."""
        _, at_risk = self._hazard(margin)
        relative = margin[self.order] - margin.max()
        return float(self.event @ (np.log(at_risk) - relative) / self.event.sum())

    def _hazard(self, margin: Floats) -> tuple[Floats, Floats]:
        # Relative to the greatest, so that no hazard overflows: a constant changes nothing.
        hazard = np.exp(margin[self.order] - margin.max())
        return hazard, np.cumsum(hazard[::-1])[::-1][self.first]


def partial_likelihood(survival: Survival, *, horizon: float) -> PartialLikelihood:
    """That of what was seen within the horizon (years)."""
    years = np.minimum(survival.years, horizon)
    order = np.argsort(years, kind="stable")
    ordered = years[order]
    seen = survival.event & (survival.years <= horizon)
    return PartialLikelihood(
        order=order,
        places=np.argsort(order, kind="stable"),
        first=np.searchsorted(ordered, ordered, "left"),
        last=np.searchsorted(ordered, ordered, "right") - 1,
        event=seen[order].astype(np.float64),
    )
