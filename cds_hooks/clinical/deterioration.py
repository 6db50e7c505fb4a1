"""What NEWS2 calls for: its guideline's response and, with an infection, what sepsis asks for."""

from collections.abc import Iterator
from dataclasses import dataclass

from cds_hooks.clinical.observation_sets import ObservationSet, Points
from cds_hooks.engine.card_text import dated, label
from cds_hooks.engine.eligibility import unusable
from cds_hooks.engine.guidelines import GUIDELINES, Band, Publication
from cds_hooks.engine.patient import Assessed
from fhir_adapters.record import NoteCode
from predictors.predictor import Input, Kind, NotAssessed, Problem, Reason

SCALE = Input("spo2_scale", Kind.CODE, codes=("1", "2"), window="acute")
HYPERCAPNIA = ("copd", "hypercapnic_resp_failure")
"""What makes a clinician think of scale 2, and never decides it."""

OUTCOMES = {"1": "NEWS2", "2": "NEWS2 with SpO2 scale 2"}
BLOOD_TESTS = {
    name: Input(name, Kind.VALUE, unit, window="acute")
    for name, unit in {
        "lactate": "mmol/L",
        "wbc": "10*9/L",
        "creatinine": "mg/dL",
        "crp": "mg/L",
    }.items()
}


@dataclass(frozen=True, slots=True)
class Response:
    """What a guideline wants done; `over` is how far the points are beyond where it begins."""

    guideline: Publication
    band: Band
    over: float

    @property
    def due(self) -> bool:
        """Whether anything is to be done."""
        return bool(self.band.indicator)

    @property
    def text(self) -> str:
        """The advice as a paragraph of a card."""
        return f"**{self.guideline.cited}**, {self.band.name}: {self.band.advice}."


def response(points: Points) -> Response:
    """What NEWS2 calls for by its sum or, where that calls for nothing, by its highest part."""
    aggregate = _response("news2", sum(points.values()))
    return aggregate if aggregate.due else _response("news2-single-sign", max(points.values()))


ALONE = frozenset({"resp_rate", "spo2", "sbp", "heart_rate", "avpu", "temperature"})
"""The parts of which each alone can give three points."""


def could_call_alone(shown: ObservationSet) -> NotAssessed | None:
    """That a missing part alone could give three points; None if none is missing.

    Only what was sent and could not be used is named as an input: it alone has anyone waiting.
    """
    gaps = [reason for reason in shown.gaps if reason.input in ALONE]
    if not gaps:
        return None
    names = ", ".join(shown.risk.label(reason.input) for reason in gaps)
    text = f"what is missing could give 3 points by itself: {names}"
    unread = [each for each in gaps if unusable(shown.risk.facts[each.input])]
    reasons = (Reason("", Problem.TOO_UNCERTAIN, text), *unread)
    return NotAssessed(shown.risk.assessment.predictor.name, reasons)


def could_call(shown: ObservationSet) -> bool:
    """Whether the sum would call for a response if all that is missing were at its worst."""
    return _response("news2", shown.prediction.high).due


def sepsis_care(patient: Assessed, shown: ObservationSet) -> Response | None:
    """What the sepsis guideline adds where an infection is recorded or suspected, else None."""
    infection = patient.fact("infection_suspected")
    suspected = any(note.code is NoteCode.SUSPECTED for note in infection.notes)
    care = _response("sepsis-by-news2", shown.prediction.low)
    return care if care.due and (patient.recorded("infection_suspected") or suspected) else None


def blood_tests(patient: Assessed, shown: ObservationSet) -> Iterator[str]:
    """The actions for the blood tests that have no result since that set of observations."""
    yield "sepsis-blood-culture"
    for name in BLOOD_TESTS:
        if not shown.followed_by(patient.fact(name)):
            yield f"sepsis-{name}"


def scale(patient: Assessed) -> str:
    """The SpO2 scale: 2 only on a clinician's recorded word, whatever the diagnoses are."""
    return "2" if patient.fact("spo2_scale").value == "2" else "1"


def scale_remark(patient: Assessed) -> str:
    """Which SpO2 scale was used, and why."""
    fact = patient.fact("spo2_scale")
    if fact.value is None:
        listed = " or ".join(label(each) for each in HYPERCAPNIA if patient.recorded(each))
        why = f"; {listed} is listed, so decide whether scale 2 holds" if listed else ""
        return f"SpO2 scale 1: no clinician's decision for scale 2 is recorded{why}"
    return f"SpO2 scale {fact.value}, by a clinician's decision recorded on {dated(fact)}"


def _response(key: str, points: float) -> Response:
    guideline = GUIDELINES[key]
    band = guideline.band(points)
    return Response(guideline.publication(band), band, points / guideline.threshold)
