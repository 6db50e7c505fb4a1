"""Facts from measurements: the latest value, the mean over visits, and the series."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from statistics import fmean

from fhir_adapters.facts.derived import computed
from fhir_adapters.facts.fact import Fact, State, Window, missing
from fhir_adapters.facts.office import of_the_office
from fhir_adapters.facts.question import (
    Question,
    implausible,
    nothing,
    number,
    preference,
    unusable,
)
from fhir_adapters.record import Measurement, Note, NoteCode, PatientRecord
from fhir_adapters.terminology.units import from_canonical
from fhir_adapters.terminology.value_sets import concepts

_TO_BE_CHECKED = {
    code: Note(code, text)
    for code, text in (
        (NoteCode.IMPLAUSIBLE, "beyond the plausible range: check this value"),
        (NoteCode.UNIT_UNKNOWN, "its unit is not known: check it"),
        (NoteCode.SUBJECT_UNKNOWN, "it does not say whose it is: check it"),
        (NoteCode.TIME_UNKNOWN, "it does not say when it was taken: check it"),
        (NoteCode.FLAGGED, "flagged, without a number: check it"),
    )
}
_BOUNDS_LEFT_OUT = Note(NoteCode.BOUNDED, "values known only as bounds are left out")


def latest(
    record: PatientRecord, concept: str, *, unit: str, window: Window, as_of: datetime
) -> Fact:
    """The newest usable value within the look-back, in `unit`.

    BMI is computed from weight and height, and mean arterial pressure from a blood pressure, where
    those are newer. Nothing found is NO_RECORD, or NOT_GIVEN if the list was not (wholly) given.
    Raises UnknownUnit for a unit that the concept cannot be converted to.
    """
    question = Question(record, concepts()[concept], window, as_of)
    recorded = max(question.recent(), key=preference, default=None)
    derived = computed(question, recorded)
    if derived is not None:
        notes = (derived.note, *_all_notes(derived.basis))
        return _known(question, derived.value, derived.basis, unit=unit, notes=notes)
    if recorded is None:
        return nothing(question, unit)
    fact = _known(question, number(recorded), (recorded,), unit=unit, notes=recorded.notes)
    return replace(fact, bound=recorded.bound)


def mean_of_visits(
    record: PatientRecord, concept: str, *, unit: str, visits: int, as_of: datetime
) -> Fact:
    """The mean of the daily means over the latest `visits` days within the chronic look-back.

    Values that are only bounds are left out. Fewer days than `visits` are noted.
    """
    question = Question(record, concepts()[concept], "chronic", as_of)
    days: defaultdict[date, list[Measurement]] = defaultdict(list)
    office, elsewhere = of_the_office(question, question.exact())
    for each in office:
        days[each.when.day].append(each)
    visited = sorted(days, reverse=True)[:visits]
    if not visited:
        fact = nothing(question, unit)
        return replace(fact, notes=(*fact.notes, *elsewhere))
    mean = fmean(fmean(map(number, days[when])) for when in visited)
    basis = tuple(each for when in visited for each in days[when])
    notes = (*_too_few(len(visited), visits), *elsewhere, *_one_of_each(_all_notes(basis)))
    value = round(mean, question.concept.precision)
    return _known(question, value, basis, unit=unit, notes=notes)


def series(
    record: PatientRecord,
    concept: str,
    *,
    unit: str,
    window: Window,
    as_of: datetime,
    within: timedelta = timedelta(0),
) -> Fact:
    """Every usable value within the look-back as (days before `as_of`, value), oldest first.

    Values that are only bounds are left out, and that is noted, as is a list that may go on.
    `within`, unless it is no time, is the look-back instead of the concept's own.
    """
    question = Question(record, concepts()[concept], window, as_of, within)
    exact = question.exact()
    office, elsewhere = (
        (exact, ()) if window == "acute" or within else of_the_office(question, exact)
    )
    basis = tuple(sorted(office, key=preference))
    if not basis:
        fact = nothing(question, unit)
        return replace(fact, notes=(*fact.notes, *elsewhere))
    left_out = (_BOUNDS_LEFT_OUT,) if len(exact) < len(question.recent()) else ()
    _, incomplete = missing(record, question.concept.cadence)
    return Fact(
        concept,
        State.KNOWN,
        unit=unit,
        value=tuple(
            (_days_before(each, as_of), _converted(question, number(each), unit)) for each in basis
        ),
        basis=basis,
        notes=(
            *left_out,
            *elsewhere,
            *incomplete,
            *_one_of_each(_all_notes(reversed(basis))),
            *unusable(question, basis[-1].when),
        ),
    )


def history(
    record: PatientRecord,
    concept: str,
    *,
    unit: str,
    window: Window,
    as_of: datetime,
    within: timedelta = timedelta(0),
) -> tuple[Fact, ...]:
    """Each result within the look-back as a fact of its own, newest first, bounds and all.

    A value beyond the plausible range is among them, with a note of the code IMPLAUSIBLE: it may be
    a mistake and may be true. So is what a number may be whose unit is not known, in each unit that
    it may be in, with a note of the code UNIT_UNKNOWN and as it was sent; and a value that does not
    say whose it is, with a note of the code SUBJECT_UNKNOWN; one that does not say when, as if it
    were of now, with a note of the code TIME_UNKNOWN; and a flag that came in place of a
    number, as the end of the plausible range, with a note of the code FLAGGED. `within` is as in
    `series`.
    """
    question = Question(record, concepts()[concept], window, as_of, within)
    results = [*question.recent(), *_to_be_checked(question)]
    return tuple(
        Fact(
            concept,
            State.KNOWN,
            unit=unit,
            value=_converted(question, number(each), unit),
            bound=each.bound,
            basis=(each,),
            notes=each.notes,
        )
        for each in sorted(results, key=preference, reverse=True)
    )


def _to_be_checked(question: Question) -> Iterator[Measurement]:
    own = question.concept
    for each in implausible(question, own.unit, None):
        yield Measurement(
            own.key,
            each.value,
            own.unit,
            each.when,
            each.source,
            bound=each.bound,
            original=each.sent,
            notes=(_TO_BE_CHECKED[each.why],),
        )


def newest(record: PatientRecord, *, not_after: datetime) -> datetime | None:
    """The newest moment that anything in the record is dated, up to `not_after`."""
    times = [
        *[each.when for measured in record.measurements.values() for each in measured],
        *[condition.recorded or condition.onset for condition in record.conditions],
        *[medication.authored for medication in record.medications],
    ]
    return max([when.latest for when in times if when and when.latest <= not_after], default=None)


def _known(
    question: Question,
    value: float,
    basis: tuple[Measurement, ...],
    *,
    unit: str,
    notes: Iterable[Note],
) -> Fact:
    since = max(each.when for each in basis)
    return Fact(
        question.concept.key,
        State.KNOWN,
        unit=unit,
        value=_converted(question, value, unit),
        basis=basis,
        notes=tuple(dict.fromkeys((*notes, *unusable(question, since)))),
        implausible=implausible(question, unit, since),
    )


def _converted(question: Question, value: float, unit: str) -> float:
    return value if unit == question.concept.unit else from_canonical(question.concept, value, unit)


def _days_before(measurement: Measurement, as_of: datetime) -> float:
    return max(0.0, (as_of - measurement.when.latest).total_seconds() / 86400)


def _all_notes(basis: Iterable[Measurement]) -> list[Note]:
    return [note for each in basis for note in each.notes]


def _one_of_each(notes: Iterable[Note]) -> tuple[Note, ...]:
    """The first note of each kind: many values say the same of themselves in other numbers."""
    kinds: dict[NoteCode, Note] = {}
    for note in notes:
        kinds.setdefault(note.code, note)
    return tuple(kinds.values())


def _too_few(days: int, visits: int) -> tuple[Note, ...]:
    if days == visits:
        return ()
    return (Note(NoteCode.SINGLE_VISIT, f"mean of {days} day(s) of measurement, not {visits}"),)
