"""Patients who may be reviewed: their risks by service, and what is known of their last review."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AssessedRisk:
    """What one service says of one patient; `risk` is None where it did not assess.

    `risk` is a probability. `later` are the risks that are expected at the next hours, where the
    input has them; after them, and without them, it stays as it is. `band`, `reasons` and `missing`
    are the words of the input.
    """

    service: str
    outcome: str = ""
    version: str = ""
    risk: float | None = None
    later: tuple[float, ...] = ()
    band: str = ""
    reasons: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    def at(self, hour: int) -> float | None:
        """The risk that is expected so many hours from now."""
        if self.risk is None or hour == 0 or not self.later:
            return self.risk
        return self.later[min(hour, len(self.later)) - 1]


@dataclass(frozen=True, slots=True)
class Candidate:
    """One patient on the list.

    `reviewed` is how many hours ago the last review was, None where no review is known, and `team`
    who made it. `critical` are the life-threatening findings. `faults` says what of the input could
    not be read.
    """

    patient: str
    risks: tuple[AssessedRisk, ...] = ()
    reviewed: float | None = None
    team: str = ""
    location: str = ""
    skills: frozenset[str] = frozenset()
    group: str = ""
    critical: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()

    def of(self, service: str) -> AssessedRisk | None:
        """The greatest risk of that service's outcomes; None if the input has no row of it."""
        found = (each for each in self.risks if each.service == service)
        return max(found, key=lambda each: -1.0 if each.risk is None else each.risk, default=None)
