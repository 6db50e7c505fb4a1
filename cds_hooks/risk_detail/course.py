"""The course of one risk: the same prediction from what was known at earlier moments."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from cds_hooks.engine.patient import Assessed, Risk
from fhir_adapters.record import Measurement, PatientRecord, When
from predictors.predictor import NotAssessed, Prediction

MOST_POINTS = 24
HOURS = timedelta(hours=48)
"""How far back an acute service looks."""

YEARS = timedelta(days=3653)
"""How far back the others look."""

_AFTER = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Point:
    """The prediction as of one moment."""

    at: datetime
    prediction: Prediction


def risk_course(
    patient: Assessed, risk: Risk, prediction: Prediction, *, acute: bool
) -> tuple[Point, ...]:
    """The prediction after each hour (`acute`) or day on which one of its inputs was measured.

    Oldest first, the present one last; moments at which it could not be computed are left out.
    Recomputed on the measurements of then: conditions, drugs and stays are those of now.
    """
    moments = _moments(patient, risk, acute=acute)
    earlier = (_point(patient.before(moment), risk, prediction.outcome) for moment in moments)
    return (*filter(None, earlier), Point(patient.as_of, prediction))


def _point(then: Assessed, risk: Risk, outcome: str) -> Point | None:
    try:
        return Point(then.as_of, then.risk(risk.assessment.predictor)[outcome])
    except NotAssessed:
        return None


def _moments(patient: Assessed, risk: Risk, *, acute: bool) -> list[datetime]:
    """The newest moments after which something new was known, oldest first."""
    oldest = patient.as_of - (HOURS if acute else YEARS)
    ends: dict[object, datetime] = {}
    for when in _measured(patient.record, risk):
        if oldest <= when.latest < patient.as_of:
            bucket = (when.day, when.latest.hour if acute else 0)
            ends[bucket] = max(when.latest + _AFTER, ends.get(bucket, oldest))
    # What was known after the newest of them is what is known now.
    return sorted(ends.values())[-MOST_POINTS - 1 : -1]


def _measured(record: PatientRecord, risk: Risk) -> Iterator[When]:
    for concept in measured_concepts(record, risk):
        yield from (each.when for each in record.measurements[concept])


def measured_concepts(record: PatientRecord, risk: Risk) -> Iterable[str]:
    """The measured concepts that the risk rests on, those that other inputs are made of too."""
    named = dict.fromkeys(name for name in risk.facts if name in record.measurements)
    for fact in risk.facts.values():
        found = (item for item in fact.basis if isinstance(item, Measurement))
        named |= dict.fromkeys(item.concept for item in found)
    return [concept for concept in named if concept in record.measurements]
