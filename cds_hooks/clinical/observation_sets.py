"""Sets of observations, newest first, and which of them still calls for a response."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias

from cds_hooks.engine.card_text import at_least, taken, timed
from cds_hooks.engine.patient import Assessed, Risk
from fhir_adapters.facts.facts import Fact
from predictors.predictor import NotAssessed, Prediction, Predictor, Problem, Reason

LOOK_BACK = timedelta(hours=24)
"""How much older than the moment of the call a set may be to be looked at."""

MOST_NAMED = 3
"""Missing parts of a set that are named; of more only how many there are."""

Points: TypeAlias = Mapping[str, float]
"""What each part that is known gives, by input name."""


@dataclass(frozen=True, slots=True)
class ObservationSet:
    """What one set of observations scores; a part that is missing could only raise it."""

    risk: Risk
    prediction: Prediction

    @property
    def points(self) -> Points:
        """What each part of this set gives."""
        return {part.input: part.amount for part in self.prediction.contributions}

    @property
    def lacks(self) -> str:
        """What is missing of it, in words; "" if nothing is."""
        names = [self.risk.label(reason.input) for reason in self.gaps]
        more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
        missing = f"{', '.join(names[:MOST_NAMED])}{more}" if names else ""
        most = "" if self.prediction.certain else f"Incomplete, at most {self.prediction.high:g}. "
        return f"{most}Not known: {missing}." if missing else ""

    @property
    def gaps(self) -> tuple[Reason, ...]:
        """What is missing of it, and why; what another part stands in for is not."""
        return tuple(reason for reason in self.risk.gaps if reason.input not in self.points)

    @property
    def said(self) -> str:
        """Its score and the time of its newest part, as written in the record."""
        return f"{at_least(self.prediction)} on {timed(*self._parts)}"

    def followed_by(self, fact: Fact) -> bool:
        """Whether the fact was measured together with this set or later."""
        newest, measured = taken(*self._parts), taken(fact)
        if newest is None or measured is None:
            return False
        together = timedelta(hours=self.risk.assessment.predictor.within_hours)
        return measured.latest >= newest.earliest - together

    @property
    def _parts(self) -> tuple[Fact, ...]:
        return tuple(self.risk.facts[name] for name in self.points)


def observation_sets(
    patient: Assessed, predictor: Predictor, outcome: str
) -> Sequence[ObservationSet]:
    """The sets that the predictor can score, newest first; raises NotAssessed if there are none."""
    found = []
    for moment in _moments(patient, predictor):
        with suppress(NotAssessed):
            risk = moment.risk(predictor)
            found.append(ObservationSet(risk, risk[outcome]))
    if not found:
        patient.risk(predictor)
    return found


def still_calling(sets: Sequence[ObservationSet], calls: Callable[[Points], bool]) -> int | None:
    """The index of the newest set that calls for a response and was not answered by a newer one.

    A part that was not measured again stands as it was: a saturation alone does not undo the alarm
    of an hour ago, while whole sets and better values do.
    """
    standing: dict[str, float] = {}
    for index, each in enumerate(sets):
        standing = {**each.points, **standing}
        if calls(each.points) and calls(standing):
            return index
        if each.prediction.certain:
            return None
    return None


def course(sets: Sequence[ObservationSet], index: int) -> str:
    """What the set before that one scored and, if it is not the newest, what the newest does."""
    before = [f"Set before: {each.said}." for each in sets[index + 1 : index + 2]]
    since = [f"Since then only parts of a set: {each.said}." for each in sets[: min(index, 1)]]
    return " ".join((*before, *since))


def unknown(sets: Sequence[ObservationSet]) -> NotAssessed:
    """What the newest set lacks and no earlier one has, which leaves open what it calls for."""
    newest = sets[0]
    known = {name for each in sets for name in each.points}
    low, high = newest.prediction.low, newest.prediction.high
    text = f"what is known gives {low:g} points, what is missing could make it {high:g}"
    gaps = (reason for reason in newest.gaps if reason.input not in known)
    open_question = Reason("", Problem.TOO_UNCERTAIN, text)
    return NotAssessed(newest.risk.assessment.predictor.name, (open_question, *gaps))


def _moments(patient: Assessed, predictor: Predictor) -> Iterator[Assessed]:
    """The patient now, and as of before each set."""
    oldest = patient.as_of - LOOK_BACK
    moment: Assessed | None = patient
    while moment and moment.as_of >= oldest:
        yield moment
        moment = moment.before_newest(predictor)
