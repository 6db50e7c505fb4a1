"""What acting at a threshold means: whom it flags, whom it misses, and whether it is worth it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Flagged:
    """The share that is flagged at a threshold, and how many of them and of all have the event."""

    share: float
    ppv: float
    prevalence: float

    @property
    def found(self) -> float:
        """The share of all that is flagged and has the event."""
        return self.share * self.ppv if self.share else 0.0

    def measures(self) -> dict[str, float]:
        """Sensitivity, specificity, PPV, number needed to evaluate, alerts per 100; NaN if none."""
        false = self.share - self.found
        return {
            "sensitivity": _ratio(self.found, self.prevalence),
            "specificity": 1.0 - _ratio(false, 1.0 - self.prevalence),
            "ppv": _ratio(self.found, self.share),
            "nne": _ratio(self.share, self.found),
            "alerts_per_100": 100.0 * self.share,
        }

    def net_benefit(self, threshold: float) -> float:
        """Events found less false alarms, these weighted by the odds of the threshold.

        Vickers & Elkin 2006, doi:10.1177/0272989X06295361; 0 is to flag nobody.
        """
        return self.found - (self.share - self.found) * threshold / (1.0 - threshold)


def flag_all(prevalence: float) -> Flagged:
    """To act on everyone."""
    return Flagged(1.0, prevalence, prevalence)


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else float("nan")
