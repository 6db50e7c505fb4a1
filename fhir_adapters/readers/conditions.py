"""Conditions of the chart: what they are, and whether they are confirmed, active or past."""

from collections.abc import Iterable, Iterator
from functools import lru_cache

from fhir_adapters.r4.datatypes import Code, CodeableConcept, Coding, Extension, Quantity
from fhir_adapters.r4.resources import Condition, Stage
from fhir_adapters.r4.unusable import Unusable
from fhir_adapters.readers import unplaced
from fhir_adapters.readers.absence import check_content, check_whole
from fhir_adapters.readers.condition_text import TextReading, read_text
from fhir_adapters.readers.context import Context
from fhir_adapters.readers.statuses import certainty, meaning
from fhir_adapters.record import (
    DropCode,
    Dropped,
    Note,
    NoteCode,
    RecordedCondition,
    Source,
    Standing,
    When,
)
from fhir_adapters.terminology import condition_codes, value_sets
from fhir_adapters.terminology.codes import first_code
from fhir_adapters.terminology.systems import system_name
from fhir_adapters.terminology.tables import rows

# A chart names the same few code systems again and again.
_system = lru_cache(maxsize=256)(system_name)
_DIAGNOSES = frozenset({"sks", *(row["system"] for row in rows("condition_codes"))})
_SUSPICION = tuple(row["code"] for row in rows("context_codes") if row["context"] == "suspected")
_NAMED = unplaced.CAUSES - unplaced.WHOLE_LIST | {DropCode.REFUTED}
_ACTIVE_ASSUMED = Note(NoteCode.STATUS_ASSUMED, "its status is not stated: taken as active")
_CONFIRMED_ASSUMED = Note(NoteCode.STATUS_ASSUMED, "a visit's diagnosis, not said to be confirmed")
_SUSPECTED = Note(NoteCode.SUSPECTED, "suspected, not confirmed")
_BY_NAME = Note(NoteCode.BY_NAME, "recognised by its name, not by a code")
_MIDDLE = Note(NoteCode.ESTIMATED, "age at onset is the middle of a range")
_YEARS = {
    **dict.fromkeys(("a", "y", "yr", "yrs", "year", "years"), 1.0),
    **dict.fromkeys(("mo", "month", "months"), 1 / 12),
    **dict.fromkeys(("wk", "week", "weeks"), 7 / 365.25),
    **dict.fromkeys(("d", "day", "days"), 1 / 365.25),
}


def recorded_condition(
    condition: Condition, reference: str, context: Context
) -> RecordedCondition | Dropped:
    """Reads a Condition, with `reference` as its source.

    Dropped are those that are not this patient's, refuted, entered in error, about a relative, the
    statement that there is no problem, and those that are of no known condition. One that could not
    be placed says what it may be.
    """
    try:
        context.check_subject(condition.subject or condition.patient)
        context.check_use(condition)
        check_whole(condition.meta)
        return _recorded(condition, reference, context)
    except Unusable as refused:
        named = refused.code in _NAMED or refused.code is DropCode.REFUTED
        may_be = _may_be(condition, context) if named else None
        return Dropped(
            Source(reference, first_code(condition.code)),
            refused.code,
            refused.text,
            key="conditions",
            may_be=may_be,
        )


def _recorded(condition: Condition, reference: str, context: Context) -> RecordedCondition:
    abated = _abated(condition, context)
    standing, notes = _standing(condition, abated)
    check_content(condition.code)
    code, concepts, by_name = _concepts(condition, context)
    course = course_of(_codings(condition))
    if course and standing is Standing.ACTIVE:
        standing, notes = Standing.HISTORY, ()
    resolves = "resolved" in course and standing is not Standing.SUSPECTED
    onset_age, onset_notes = _onset_age(condition)
    return RecordedCondition(
        concepts=value_sets.narrower(concepts) if resolves else concepts,
        standing=standing,
        source=Source(reference, code),
        onset=_onset(condition, context),
        onset_age=onset_age,
        recorded=_when(
            condition.recorded_date or condition.asserted_date or condition.date_recorded, context
        ),
        abated=abated,
        notes=(*notes, *by_name, *onset_notes),
        resolves=resolves,
    )


def _when(text: str | None, context: Context) -> When | None:
    read = context.when(text) if text else None
    return read[0] if read else None


def _standing(condition: Condition, abated: When | None) -> tuple[Standing, tuple[Note, ...]]:
    told = tuple(certainty(_extensions(condition)))
    beside = [means for status, means in told if status == "verification"]
    verification = meaning("verification", condition.verification_status, beside=beside)
    if verification == "refuted":
        raise Unusable(DropCode.REFUTED, "refuted")
    if verification == "entered-in-error":
        raise Unusable(DropCode.STATUS, "its status is entered-in-error")
    if verification == "unconfirmed" or any(map(_of_suspicion, _codings(condition))):
        return Standing.SUSPECTED, (_SUSPECTED,)
    beside = [means for status, means in told if status == "clinical"]
    clinical = meaning("clinical", condition.clinical_status, beside=beside)
    if clinical == "history" or (_over(condition) and abated is None):
        return Standing.HISTORY, ()
    if not clinical:
        return Standing.ACTIVE, () if abated else (_ACTIVE_ASSUMED,)
    if verification != "confirmed" and _of_a_visit(condition):
        return Standing.ACTIVE, (_CONFIRMED_ASSUMED,)
    return Standing.ACTIVE, ()


def _extensions(condition: Condition) -> Iterator[Extension]:
    """The extensions that may tell how certain it is: of its codings, its code and itself."""
    yield from condition.extension or ()
    yield from (condition.code and condition.code.extension) or ()
    for coding in _codings(condition):
        yield from coding.extension or ()


def _of_suspicion(coding: Coding) -> bool:
    code = coding.code or ""
    if not any(known in code for known in _SUSPICION):
        return False
    return condition_codes.is_suspicion(_system(coding.system) or "", code)


def _over(condition: Condition) -> bool:
    """Whether it is said to have ended, in whatever way."""
    return bool(
        condition.abatement_date_time
        or condition.abatement_period
        or condition.abatement_boolean
        or condition.abatement_age
        or condition.abatement_quantity
        or condition.abatement_range
        or condition.abatement_string
    )


def _abated(condition: Condition, context: Context) -> When | None:
    if condition.abatement_period:
        read = context.period(condition.abatement_period)
        return read[0] if read else None
    return _when(condition.abatement_date_time, context)


def _of_a_visit(condition: Condition) -> bool:
    category = condition.category
    each = category if isinstance(category, list) else [category]
    return any("encounter-diagnosis" in _plain_codes(one) for one in each)


def _plain_codes(code: Code) -> list[str]:
    if isinstance(code, CodeableConcept):
        codes = [coding.code or "" for coding in code.coding or ()]
        return codes if any(codes) else [_plain(code.text or "")]
    return [_plain(code or "")]


def _plain(text: str) -> str:
    return text.strip().casefold().replace(" ", "-")


def _concepts(
    condition: Condition, context: Context
) -> tuple[str, frozenset[str], tuple[Note, ...]]:
    """The code that says most directly what it is, all concepts it falls in, and remarks on it.

    Raises Unusable with the cause if it falls in none, or if nobody can tell.
    """
    found_by, concepts = _coded(condition, context)
    if concepts:
        return found_by, concepts, ()
    named = _named(condition)
    if not _placed(condition):
        for reading in named:
            if reading.sure and reading.concepts:
                return "", reading.concepts, (_BY_NAME,)
    elif any(reading.understood and reading.concepts for reading in named):
        raise Unusable(DropCode.NAMED_ONLY, "its name says what its code does not")
    if _placed(condition) or any(reading.sure for reading in named):
        raise Unusable(DropCode.NO_KNOWN_CODE, "no code that is read here")
    raise Unusable(*_unplaced(condition))


def _unplaced(condition: Condition) -> tuple[DropCode, str]:
    codes = condition.code
    if any(_system(coding.system) in _DIAGNOSES for coding in _coded_by(condition)):
        return DropCode.UNKNOWN_CODE, "a code without a name that is in no table"
    if any(coding.code for coding in _codings(condition)):
        return DropCode.UNKNOWN_SYSTEM, "coded in no system that is read here"
    if codes and (codes.text or any(coding.display for coding in codes.coding or ())):
        return DropCode.TEXT_ONLY, "described in words only"
    return DropCode.NO_CODE, "it does not say what it is"


def _coded(condition: Condition, context: Context) -> tuple[str, frozenset[str]]:
    concepts: frozenset[str] = frozenset()
    found_by = ""
    for coding in _codings(condition):
        found = concepts_of(coding, context)
        if found and not found_by:
            found_by = (coding.code or "").strip()
        concepts |= found
    return found_by, concepts


def _placed(condition: Condition) -> bool:
    """Whether it has a code in a system of diagnoses, be the code in a table or not.

    An ICD category stands for all codes below it, so one that is in no table is nothing that is
    asked for. SNOMED CT has no such order in its codes: one that nothing names may be anything.
    """
    systems = {_system(coding.system) for coding in _coded_by(condition)} & _DIAGNOSES
    return bool(systems - {"snomed"}) or (bool(systems) and bool(_named(condition)))


def _coded_by(condition: Condition) -> list[Coding]:
    codings = (condition.code and condition.code.coding) or ()
    return [coding for coding in codings if coding.code]


def _named(condition: Condition) -> list[TextReading]:
    """What its text says or, having none, what each name of its codings says."""
    code = condition.code
    if code is None:
        return []
    texts = [code.text] if code.text else [coding.display for coding in code.coding or ()]
    return [read_text(text) for text in texts if text and text.strip()]


def _may_be(condition: Condition, context: Context) -> frozenset[str] | None:
    """Which conditions one that is not placed may be; None if that may be any."""
    try:
        _, concepts = _coded(condition, context)
    except Unusable:  # a relative's, or that there is none
        return frozenset()
    named = _named(condition)
    concepts = concepts.union(*(reading.concepts for reading in named if reading.understood))
    understood = any(reading.understood for reading in named)
    return concepts if concepts or understood or _placed(condition) else None


def _codings(condition: Condition) -> Iterator[Coding]:
    stages = [condition.stage] if isinstance(condition.stage, Stage) else condition.stage or ()
    for concept in (condition.code, *(stage.summary for stage in stages)):
        yield from (concept and concept.coding) or ()


def concepts_of(coding: Coding, context: Context) -> frozenset[str]:
    """The conditions that one code records, by the site's own codes and by ours.

    Raises Unusable for a relative's disease and for the statement that there is no problem.
    """
    code, system = (coding.code or "").strip(), _system(coding.system)
    local = context.site.condition_codes.get((coding.system or "", code))
    known = value_sets.wider(frozenset({local})) if local else frozenset()
    if not code or system is None:
        return known
    if condition_codes.is_family_history(system, code):
        raise Unusable(DropCode.FAMILY_HISTORY, "a relative's, not the patient's")
    if condition_codes.is_no_known_problem(system, code):
        raise Unusable(DropCode.NEGATED, "it says that there is no problem")
    if system == "snomed":
        known |= context.site.snomed.get(code, frozenset())
    return known | condition_codes.conditions_by(system, code)


def course_of(codings: Iterable[Coding]) -> frozenset[str]:
    """What codes say of the course of a disease: that it is "history", or "resolved"."""
    named = (
        condition_codes.standing_by(system, coding.code or "")
        for coding in codings
        if (system := _system(coding.system))
    )
    return frozenset(named) - {""}


def _onset(condition: Condition, context: Context) -> When | None:
    if condition.onset_period:
        return _when(condition.onset_period.start or condition.onset_period.end, context)
    return _when(condition.onset_date_time, context)


def _onset_age(condition: Condition) -> tuple[float | None, tuple[Note, ...]]:
    between = condition.onset_range
    if between is None:
        return _years(condition.onset_age or condition.onset_quantity), ()
    low, high = _years(between.low), _years(between.high)
    if low is None or high is None:
        return None, ()
    return (low + high) / 2, () if low == high else (_MIDDLE,)


def _years(age: Quantity | None) -> float | None:
    if age is None or age.value is None or age.comparator:
        return None
    unit = (age.code or age.unit or "").strip().casefold()
    years = age.value * _YEARS.get(unit, -1)
    return years if 0 <= years <= 130 else None
