"""Facts from the encounters: the present stay, and the visits of the year before it."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

from fhir_adapters.facts.fact import Fact, State, Value, missing, past
from fhir_adapters.facts.recorded_facts import absent
from fhir_adapters.record import Note, NoteCode, PatientRecord, RecordedEncounter, Stay, When
from fhir_adapters.terminology.value_sets import encounter_facts

A_YEAR = timedelta(days=365)
SIX_MONTHS = timedelta(days=183)
A_DAY = timedelta(days=1)

_TRANSFER = timedelta(hours=1)
"""How far apart two places of one stay may lie: a transfer is not written down to the minute."""

_NOT_SAID = Note(NoteCode.ESTIMATED, "the encounter does not say")
_STAYS = frozenset({"inpatient", "acute_visit", "hospital_stay", "intensive_care"})
_YES_OR_NO = _STAYS | {"urgent_admission"}
_URGENT: Mapping[str, bool] = MappingProxyType(
    {"emergency": True, "urgent": True, "elective": False}
)


def encounter(record: PatientRecord, name: str, *, encounter_id: str, as_of: datetime) -> Fact:
    """What the encounters say of `name`, one of `value_sets.encounter_facts()`.

    The present stay is the encounter of that id or, where "" is given, the newest under way. What
    is yes or no has alternatives (False, True) where the encounters leave it open.
    """
    present = _present(record, encounter_id, as_of)
    if present is None:
        return _without_a_stay(record, name)
    if name.startswith("most_"):
        return _most_visits(record, name, present)
    if name == "recent_emergency_visits":
        return _recent_emergency_visits(record, name, present)
    if name.endswith("_visits"):
        return _visits(record, name, present)
    unit = encounter_facts()[name].unit
    value = _READERS[name](present, as_of)
    if value is None:
        return _unsaid(name, State.NO_RECORD, (_NOT_SAID,))
    return Fact(name, State.KNOWN, unit=unit, value=value, basis=(present,))


def _unsaid(name: str, state: State, notes: tuple[Note, ...]) -> Fact:
    alternatives = (False, True) if name in _YES_OR_NO else ()
    unit = encounter_facts()[name].unit
    return Fact(name, state, unit=unit, alternatives=alternatives, notes=notes)


def _without_a_stay(record: PatientRecord, name: str) -> Fact:
    if name in _STAYS:
        return absent(record, name, "encounters")
    return _unsaid(name, *missing(record, "encounters"))


def _present(record: PatientRecord, encounter_id: str, as_of: datetime) -> RecordedEncounter | None:
    if encounter_id:
        return next((each for each in record.encounters if each.id == encounter_id), None)
    under_way = (each for each in record.encounters if _is_under_way(each, as_of))
    return next(under_way, None)


def _is_under_way(encounter: RecordedEncounter, as_of: datetime) -> bool:
    begun = encounter.began is not None and past(encounter.began, as_of)
    over = encounter.ended.latest < as_of if encounter.ended else not encounter.open
    return begun and not over


def _inpatient(present: RecordedEncounter, as_of: datetime) -> bool | None:
    if not present.setting:
        return None
    return present.setting == "inpatient" and _is_under_way(present, as_of)


def _acute_visit(present: RecordedEncounter, as_of: datetime) -> bool | None:
    """Whether it is a stay in hospital or an emergency visit that goes on."""
    if not _is_under_way(present, as_of):
        return False
    return present.setting in ("inpatient", "emergency") if present.setting else None


def _hospital_stay(present: RecordedEncounter, as_of: datetime) -> bool | None:
    """Whether it is an inpatient stay that goes on or ended within a day: one being discharged."""
    if not present.setting:
        return None
    if present.setting != "inpatient" or _is_under_way(present, as_of):
        return present.setting == "inpatient"
    if present.began is None or present.ended is None:
        return None
    return past(present.began, as_of) and present.ended.latest >= as_of - A_DAY


def _inpatient_days(present: RecordedEncounter, as_of: datetime) -> float | None:
    began = present.began
    if present.setting != "inpatient" or began is None:
        return None
    until = min(as_of, present.ended.latest) if present.ended else as_of
    return max(0.0, (until - began.latest) / A_DAY)


def _urgent_admission(present: RecordedEncounter, _: datetime) -> bool | None:
    """By the priority; where that is not told, an admission from the emergency department was."""
    if present.admission_priority:
        return _URGENT[present.admission_priority]
    by_emergency = "emergency" in (present.setting, present.admission_source)
    return True if by_emergency else None


def _intensive_care(present: RecordedEncounter, as_of: datetime) -> bool | None:
    """Whether it is given now; where no place of it is told, nobody knows."""
    if not present.intensive_care:
        return None
    return _is_under_way(present, as_of) and any(_holds(s, as_of) for s in present.intensive_care)


def _intensive_care_hours(present: RecordedEncounter, as_of: datetime) -> float | None:
    """Since when it has been given without a break, through transfers between its places."""
    since = next((s.began for s in present.intensive_care if _holds(s, as_of)), None)
    if since is None:
        return None
    began = since.earliest
    for stay in _newest_first(present.intensive_care):
        if stay.began and stay.ended and stay.ended.latest >= began - _TRANSFER:
            began = min(began, stay.began.earliest)
    return max(0.0, (as_of - began) / timedelta(hours=1))


def _holds(stay: Stay, as_of: datetime) -> bool:
    begun = stay.began is None or stay.began.earliest <= as_of
    return begun and (stay.ended is None or stay.ended.latest >= as_of)


def _newest_first(stays: Iterable[Stay]) -> list[Stay]:
    return sorted(stays, key=lambda stay: stay.began.text if stay.began else "", reverse=True)


def _visits(record: PatientRecord, name: str, present: RecordedEncounter) -> Fact:
    """How many there were in the year before the present stay; unknown if the list may go on."""
    if present.began is None:
        return _unsaid(name, State.NO_RECORD, (_NOT_SAID,))
    since = present.began.earliest - A_YEAR
    counted = _in_the_year_before(record, name.removesuffix("_visits"), present.began)
    return _counted(record, name, counted, since=since)


def _recent_emergency_visits(record: PatientRecord, name: str, present: RecordedEncounter) -> Fact:
    """How many there were in the 6 months before the present stay, but for one that led to it.

    A visit that ended, or where its end is not told began, within the day before is taken for it.
    """
    if present.began is None:
        return _unsaid(name, State.NO_RECORD, (_NOT_SAID,))
    admitted = present.began.earliest
    counted = tuple(
        each
        for each in _before(record, "emergency", present.began, since=admitted - SIX_MONTHS)
        if (each.ended or each.began or present.began).latest < admitted - A_DAY
    )
    return _counted(record, name, counted, since=admitted - SIX_MONTHS)


def _counted(
    record: PatientRecord, name: str, counted: tuple[RecordedEncounter, ...], *, since: datetime
) -> Fact:
    """The count, unless the list may go on and does not reach back that far."""
    state, incomplete = missing(record, "encounters")
    reaches_back = any(e.began and e.began.latest < since for e in record.encounters)
    if state is State.NOT_GIVEN and not reaches_back:
        return _unsaid(name, state, incomplete)
    unit = encounter_facts()[name].unit
    return Fact(name, State.KNOWN, unit=unit, value=float(len(counted)), basis=counted)


def _most_visits(record: PatientRecord, name: str, present: RecordedEncounter) -> Fact:
    """The most there were in the year before the present or any earlier inpatient stay."""
    unit, began = encounter_facts()[name].unit, present.began
    if began is None:
        return _unsaid(name, State.NO_RECORD, (_NOT_SAID,))
    state, incomplete = missing(record, "encounters")
    if state is State.NOT_GIVEN:
        return _unsaid(name, state, incomplete)
    setting = name.removeprefix("most_").removesuffix("_visits")
    stays = (e.began for e in record.encounters if e.setting == "inpatient" and e.began)
    earlier = (stay for stay in stays if stay.latest < began.earliest)
    counts = (_in_the_year_before(record, setting, stay) for stay in (began, *earlier))
    most = max(counts, key=len)
    return Fact(name, State.KNOWN, unit=unit, value=float(len(most)), basis=most)


def _in_the_year_before(
    record: PatientRecord, setting: str, began: When
) -> tuple[RecordedEncounter, ...]:
    return _before(record, setting, began, since=began.earliest - A_YEAR)


def _before(
    record: PatientRecord, setting: str, began: When, *, since: datetime
) -> tuple[RecordedEncounter, ...]:
    return tuple(
        each
        for each in record.encounters
        if each.setting == setting
        and each.began
        and each.began.latest < began.earliest
        and each.began.earliest >= since
    )


_READERS: Mapping[str, Callable[[RecordedEncounter, datetime], Value | None]] = MappingProxyType(
    {
        "inpatient": _inpatient,
        "acute_visit": _acute_visit,
        "hospital_stay": _hospital_stay,
        "inpatient_days": _inpatient_days,
        "intensive_care": _intensive_care,
        "intensive_care_hours": _intensive_care_hours,
        "urgent_admission": _urgent_admission,
        "admission_source": lambda present, _: present.admission_source or None,
        "admission_priority": lambda present, _: present.admission_priority or None,
        "discharge_disposition": lambda present, _: present.discharge_disposition or None,
    }
)
