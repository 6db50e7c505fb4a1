"""Conditions of the chart: what they are, and whether they are confirmed, active or past."""

from collections.abc import Iterable, Iterator

from fhir_adapters.r4.resources import Code, CodeableConcept, Coding, Condition, Quantity, Stage
from fhir_adapters.r4.unusable import Unusable
from fhir_adapters.readers.context import Context
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

_STANDINGS = {
    "active": Standing.ACTIVE,
    "recurrence": Standing.ACTIVE,
    "relapse": Standing.ACTIVE,
    "inactive": Standing.HISTORY,
    "remission": Standing.HISTORY,
    "resolved": Standing.HISTORY,
}
_UNCONFIRMED = frozenset({"differential", "provisional", "unconfirmed"})
_ACTIVE_ASSUMED = Note(NoteCode.STATUS_ASSUMED, "its status is not stated: taken as active")
_CONFIRMED_ASSUMED = Note(NoteCode.STATUS_ASSUMED, "a visit's diagnosis, not said to be confirmed")
_SUSPECTED = Note(NoteCode.SUSPECTED, "suspected, not confirmed")
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
    statement that there is no problem, and those without the code of a known condition.
    """
    try:
        context.check_subject(condition.subject or condition.patient)
        context.check_use(condition)
        return _recorded(condition, reference, context)
    except Unusable as refused:
        source = Source(reference, first_code(condition.code))
        return Dropped(source, refused.code, refused.text)


def _recorded(condition: Condition, reference: str, context: Context) -> RecordedCondition:
    abated = _abated(condition, context)
    standing, notes = _standing(condition, abated)
    code, concepts = _concepts(condition, context)
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
        notes=(*notes, *onset_notes),
        resolves=resolves,
    )


def _when(text: str | None, context: Context) -> When | None:
    read = context.when(text) if text else None
    return read[0] if read else None


def _standing(condition: Condition, abated: When | None) -> tuple[Standing, tuple[Note, ...]]:
    verification = _status(condition.verification_status)
    if verification == "refuted":
        raise Unusable(DropCode.REFUTED, "refuted")
    if verification == "entered-in-error":
        raise Unusable(DropCode.STATUS, "its status is entered-in-error")
    if verification in _UNCONFIRMED:
        return Standing.SUSPECTED, (_SUSPECTED,)
    if _over(condition) and abated is None:
        return Standing.HISTORY, ()
    standing = _STANDINGS.get(_status(condition.clinical_status))
    if standing is None:
        return Standing.ACTIVE, () if abated else (_ACTIVE_ASSUMED,)
    if standing is Standing.ACTIVE and verification != "confirmed" and _of_a_visit(condition):
        return standing, (_CONFIRMED_ASSUMED,)
    return standing, ()


def _status(code: Code) -> str:
    if isinstance(code, CodeableConcept):
        code = first_code(code) or code.text
    return (code or "").strip().casefold().replace(" ", "-")


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
    return "encounter-diagnosis" in map(_status, each)


def _concepts(condition: Condition, context: Context) -> tuple[str, frozenset[str]]:
    """The code that says most directly what it is, and all concepts its codes fall in."""
    concepts: frozenset[str] = frozenset()
    found_by = ""
    for coding in _codings(condition):
        found = concepts_of(coding, context)
        if found and not found_by:
            found_by = (coding.code or "").strip()
        concepts |= found
    if not concepts:
        raise Unusable(DropCode.NO_KNOWN_CODE, "no code that is read here")
    return found_by, concepts


def _codings(condition: Condition) -> Iterator[Coding]:
    stages = [condition.stage] if isinstance(condition.stage, Stage) else condition.stage or ()
    for concept in (condition.code, *(stage.summary for stage in stages)):
        yield from (concept and concept.coding) or ()


def concepts_of(coding: Coding, context: Context) -> frozenset[str]:
    """The conditions that one code records, by the site's own codes and by ours.

    Raises Unusable for a relative's disease and for the statement that there is no problem.
    """
    code, system = (coding.code or "").strip(), system_name(coding.system)
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
        if (system := system_name(coding.system))
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
