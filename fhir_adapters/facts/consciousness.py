"""The level of consciousness: as answered or, where a coma score is newer, from that score.

NEWS2 scores any acute reduction of the Glasgow coma score as it does new confusion (Royal College
of Physicians 2017, recommendations 29 and 30). A score below 15 that is the patient's usual one is
no reduction, and under ventilation, where sedation and the tube lower it, it tells nothing.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from fhir_adapters.facts.coded_facts import coded
from fhir_adapters.facts.fact import Fact, State, Window
from fhir_adapters.facts.measured_facts import history, latest
from fhir_adapters.record import Measurement, Note, NoteCode, PatientRecord, When

ALERT, REDUCED = "alert", "reduced"
FULL = 15.0
SOME_TIME_AGO = timedelta(days=7)
"""How long before now a score is one of the patient's usual state."""

_UNIT = "{score}"
_BY_SCORE = Note(NoteCode.DERIVED, "from the Glasgow coma score")
_USUAL = Note(NoteCode.DERIVED, "the Glasgow coma score is the patient's usual one")
_VENTILATED = Note(NoteCode.STALE, "a Glasgow coma score under ventilation is not used")


def consciousness(record: PatientRecord, *, window: Window, as_of: datetime) -> Fact:
    """The fact "avpu": "reduced" stands for a coma score below 15 that is not the usual one."""
    answer = coded(record, "avpu", window=window, as_of=as_of)
    score = latest(record, "gcs_total", unit=_UNIT, window=window, as_of=as_of)
    scored, answered = _taken(score), _taken(answer)
    if not isinstance(score.value, float) or scored is None or (answered and answered > scored):
        return answer
    if latest(record, "peep", unit="cm[H2O]", window="acute", as_of=as_of).value is not None:
        return replace(answer, notes=(*answer.notes, _VENTILATED))
    usual = _usual(record, as_of)
    reduced = score.value < min(FULL, usual)
    if answered == scored and not reduced:
        return answer
    notes = (_BY_SCORE if reduced or score.value == FULL else _USUAL, *score.notes)
    return Fact(
        "avpu",
        State.KNOWN,
        value=REDUCED if reduced else ALERT,
        basis=score.basis,
        notes=notes,
    )


def _usual(record: PatientRecord, as_of: datetime) -> float:
    """The newest score of some time ago, or the full one."""
    year = timedelta(days=365)
    scores = history(record, "gcs_total", unit=_UNIT, window="acute", as_of=as_of, within=year)
    for each in scores:
        when = _taken(each)
        if when and when.latest <= as_of - SOME_TIME_AGO and isinstance(each.value, float):
            return each.value
    return FULL


def _taken(fact: Fact) -> When | None:
    times = (each.when for each in fact.basis if isinstance(each, Measurement))
    return max(times, default=None)
