"""Facts from coded answers: smoking, pregnancy, consciousness, receptors."""

from dataclasses import replace
from datetime import datetime

from fhir_adapters.facts.fact import Fact, State, Window, past
from fhir_adapters.facts.question import Question, nothing, preference, unusable
from fhir_adapters.record import Note, NoteCode, PatientRecord
from fhir_adapters.terminology.value_sets import concepts

_UNKNOWN = "unknown"
_ANSWERED_UNKNOWN = Note(NoteCode.NEWER_UNUSABLE, 'the newest answer is "unknown"')
_SMOKED_BEFORE = Note(NoteCode.AS_REPORTED, "now a non-smoker, earlier recorded as a smoker")


def coded(record: PatientRecord, concept: str, *, window: Window, as_of: datetime) -> Fact:
    """The newest answer within the look-back that says something, which "unknown" does not.

    "Never" smoked is "former" where smoking was recorded before. Nothing found is NO_RECORD, or
    NOT_GIVEN if the list was not (wholly) given.
    """
    question = Question(record, concepts()[concept], window, as_of)
    recent = sorted(question.recent(), key=preference)
    telling = [each for each in recent if each.value != _UNKNOWN]
    unknown = (_ANSWERED_UNKNOWN,) if recent and recent[-1].value == _UNKNOWN else ()
    if not telling:
        fact = nothing(question, "")
        return replace(fact, notes=(*unknown, *fact.notes))
    newest = telling[-1]
    lapsed = newest.value == "never" and _smoked(question)
    return Fact(
        concept,
        State.KNOWN,
        value="former" if lapsed else newest.value,
        basis=(newest,),
        notes=(
            *((_SMOKED_BEFORE,) if lapsed else ()),
            *unknown,
            *newest.notes,
            *unusable(question, newest.when),
        ),
    )


def _smoked(question: Question) -> bool:
    return any(
        each.value in ("current", "former") and past(each.when, question.as_of)
        for each in question.every()
    )
