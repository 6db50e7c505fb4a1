"""Whether the patient is pregnant or has just given birth: states that end by themselves."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from fhir_adapters.facts.coded_facts import coded
from fhir_adapters.facts.fact import Basis, Fact, State
from fhir_adapters.facts.recorded_facts import (
    absent,
    begun,
    counting_conditions,
    is_over,
    is_recorded,
)
from fhir_adapters.record import (
    Measurement,
    Note,
    NoteCode,
    PatientRecord,
    RecordedCondition,
    When,
)

TEN_MONTHS = timedelta(days=305)
SIX_WEEKS = timedelta(days=42)
"""The weeks after birth, as in the ESC guideline on pregnancy 2025, section 13.1.1."""

_UNDATED = Note(NoteCode.STALE, "a pregnancy without a date, so perhaps over")
_TESTED = Note(NoteCode.MAY_BE_RECORDED, "a pregnancy test was positive")
_EXPIRED = Note(NoteCode.STALE, "a pregnancy of more than ten months ago")


def pregnancy(record: PatientRecord, *, as_of: datetime) -> Fact:
    """The fact "pregnancy": from the newer of the problem list and the pregnancy status.

    A recorded pregnancy counts for ten months; one without a date leaves (True, False) open, and so
    does a positive test that nothing followed.
    """
    status = coded(record, "pregnancy_status", window="chronic", as_of=as_of)
    counting = counting_conditions(record, "pregnancy", as_of=as_of)
    running = tuple(each for each in counting if _is_running(each, as_of))
    if status.value == "pregnant" and not _ended_since(record, _at(status), as_of):
        return _known(True, status.basis + running, status.notes)
    test = coded(record, "pregnancy_test", window="chronic", as_of=as_of)
    positive = test.value == "positive" and not _ended_since(record, _at(test), as_of)
    if status.value == "not-pregnant" and not (
        _begun_since(running, _at(status)) or (positive and _at(test) > _at(status))
    ):
        return _known(False, status.basis, status.notes)
    if running:
        return _known(True, running, running[0].notes)
    if positive:
        return _open(test.basis, _TESTED)
    if any(begun(each) is None for each in counting):
        return _open(counting, _UNDATED)
    if counting:
        return absent(record, "pregnancy", "conditions", notes=(_EXPIRED,))
    return is_recorded(record, "pregnancy", as_of=as_of)


def postpartum(record: PatientRecord, *, as_of: datetime) -> Fact:
    """The fact "postpartum": childbirth, or the end of a pregnancy, within the last six weeks.

    What is recorded of the weeks after birth counts from its own date; undated, it counts as of
    now.
    """
    since = as_of - SIX_WEEKS
    births = tuple(
        each
        for each in counting_conditions(record, "postpartum", as_of=as_of)
        if (dated := begun(each)) is None or dated.latest >= since
    )
    ended = tuple(
        each
        for each in record.conditions
        if "pregnancy" in each.concepts
        and each.abated is not None
        and is_over(each, as_of)
        and each.abated.latest >= since
    )
    if found := births + ended:
        return Fact("postpartum", State.KNOWN, value=True, basis=found, notes=found[0].notes)
    return absent(record, "postpartum", "conditions")


def _open(basis: tuple[Basis, ...], note: Note) -> Fact:
    both = (True, False)
    return Fact("pregnancy", State.KNOWN, alternatives=both, basis=basis, notes=(note,))


def _known(value: bool, basis: tuple[Basis, ...], notes: tuple[Note, ...]) -> Fact:
    return Fact("pregnancy", State.KNOWN, value=value, basis=basis, notes=notes)


def _at(status: Fact) -> When:
    return next(each.when for each in status.basis if isinstance(each, Measurement))


def _is_running(condition: RecordedCondition, as_of: datetime) -> bool:
    since = begun(condition)
    return since is not None and since.latest >= as_of - TEN_MONTHS


def _begun_since(running: Iterable[RecordedCondition], when: When) -> bool:
    return any(since > when for each in running if (since := begun(each)))


def _ended_since(record: PatientRecord, when: When, as_of: datetime) -> bool:
    return any(
        each.abated is not None and each.abated > when and is_over(each, as_of)
        for each in record.conditions
        if "pregnancy" in each.concepts
    )
