"""Critical results: the newest good result of an analyte decides, and a critical one stays.

A critical result stands until a good result follows it, or until the site's limit of days: that
nobody repeated it is itself a finding. A haemolysed specimen is no repeat of a value that
haemolysis raises. A value beyond the plausible range, or of which the unit or the patient is not
known, or that does not say when, or of which only a flag came, is to be checked, never dropped.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from cds_hooks.clinical.lab_rules import RULES, CriticalLimit, proves
from cds_hooks.engine.patient import Assessed
from fhir_adapters.facts.facts import Fact
from fhir_adapters.record import Measurement, NoteCode
from fhir_adapters.terminology.value_sets import concepts


class Doubt(StrEnum):
    """Why a critical result may not be true."""

    NONE = ""
    IMPLAUSIBLE = "implausible"
    UNIT = "unit"
    UNIT_UNKNOWN = "unit-unknown"
    SUBJECT_UNKNOWN = "subject-unknown"
    TIME_UNKNOWN = "time-unknown"
    FLAGGED = "flagged"
    HAEMOLYSED = "haemolysed"


_TO_BE_CHECKED = (
    NoteCode.IMPLAUSIBLE,
    NoteCode.UNIT_UNKNOWN,
    NoteCode.SUBJECT_UNKNOWN,
    NoteCode.TIME_UNKNOWN,
    NoteCode.FLAGGED,
)


@dataclass(frozen=True, slots=True)
class CriticalResult:
    """A result beyond a limit, with the earlier results of its analyte, newest first.

    `known` is whether it is known and unchanged under a condition that explains it; `unrepeated`
    whether it is older than a result is waited for.
    """

    key: str
    limit: CriticalLimit
    threshold: float
    fact: Fact
    earlier: tuple[Fact, ...]
    doubt: Doubt
    known: bool
    unrepeated: bool


def critical_results(patient: Assessed) -> Iterator[CriticalResult]:
    """What stands of each analyte that has a limit."""
    for concept in RULES.units:
        found = critical_result(patient, concept)
        if found is not None:
            yield found


def critical_result(patient: Assessed, concept: str) -> CriticalResult | None:
    """What stands of one analyte; None if its newest good result is not critical."""
    results = patient.history(concept)
    haemolysed: CriticalResult | None = None
    for index, fact in enumerate(results):
        if patient.as_of - taken_at(fact) > _days(patient, "unrepeated-days"):
            break
        found = _beyond_a_limit(patient, concept, fact, results[index + 1 :])
        if _falsely_high(concept, fact, found):
            haemolysed = haemolysed or found
        elif found is not None:
            return found
        elif not is_to_be_checked(fact):
            break
    return haemolysed


def good(results: tuple[Fact, ...]) -> tuple[Fact, ...]:
    """Of the results those that are not to be checked, and not of a haemolysed specimen."""
    return tuple(each for each in results if not is_to_be_checked(each) and not is_haemolysed(each))


def is_to_be_checked(fact: Fact) -> bool:
    """Whether the value is beyond the plausible range, or no number, unit or patient is known."""
    return any(_has(fact, code) for code in _TO_BE_CHECKED)


def is_haemolysed(fact: Fact) -> bool:
    """Whether the specimen was haemolysed."""
    return _has(fact, NoteCode.HAEMOLYSED)


def _has(fact: Fact, code: NoteCode) -> bool:
    return any(note.code is code for note in fact.notes)


def taken_at(fact: Fact) -> datetime:
    """The latest moment at which a result's specimen may have been taken."""
    return max(each.when.latest for each in fact.basis if isinstance(each, Measurement))


def course_choice(patient: Assessed, key: str) -> float:
    """How results are looked at: the site's number of that key, or the product's."""
    return patient.threshold(key, RULES.course[key].value)


def value_of(fact: Fact) -> float:
    """The number of a result."""
    return float(fact.value) if isinstance(fact.value, int | float) else 0.0


def _days(patient: Assessed, key: str) -> timedelta:
    return timedelta(days=course_choice(patient, key))


def _beyond_a_limit(
    patient: Assessed, concept: str, fact: Fact, earlier: tuple[Fact, ...]
) -> CriticalResult | None:
    """The most severe limit that the result proves to be exceeded."""
    for key, limit in RULES.of(concept).items():
        threshold = patient.threshold(key, limit.limit)
        on = RULES.source(limit).locator or key in patient.thresholds
        if on and proves(fact, limit.operator, threshold):
            return CriticalResult(
                key,
                limit,
                threshold,
                fact,
                earlier,
                doubt=_doubt(limit, fact),
                known=_is_known(patient, limit, threshold, fact, good(earlier)),
                unrepeated=patient.as_of - taken_at(fact) > concepts()[concept].acute,
            )
    return None


def _falsely_high(concept: str, fact: Fact, found: CriticalResult | None) -> bool:
    """Whether haemolysis may explain the result: a low one it does not."""
    affected = any(limit.haemolysis for limit in RULES.of(concept).values())
    return affected and is_haemolysed(fact) and (found is None or found.limit.haemolysis)


def _doubt(limit: CriticalLimit, fact: Fact) -> Doubt:
    if _has(fact, NoteCode.UNIT_UNKNOWN):
        return Doubt.UNIT_UNKNOWN
    if _has(fact, NoteCode.FLAGGED):
        return Doubt.FLAGGED
    if _has(fact, NoteCode.SUBJECT_UNKNOWN):
        return Doubt.SUBJECT_UNKNOWN
    if _has(fact, NoteCode.TIME_UNKNOWN):
        return Doubt.TIME_UNKNOWN
    converted = any(each.original for each in fact.basis if isinstance(each, Measurement))
    if limit.doubtful and not converted and value_of(fact) < limit.doubtful.below:
        return Doubt.UNIT
    if _has(fact, NoteCode.IMPLAUSIBLE):
        return Doubt.IMPLAUSIBLE
    return Doubt.HAEMOLYSED if limit.haemolysis and is_haemolysed(fact) else Doubt.NONE


def _is_known(
    patient: Assessed,
    limit: CriticalLimit,
    threshold: float,
    fact: Fact,
    earlier: tuple[Fact, ...],
) -> bool:
    """Whether it was as critical before, is not worse, and a recorded condition explains it.

    Under a recorded infection nothing is: neutropenia then is another finding.
    """
    explained = any(map(patient.recorded, limit.stable_with))
    if not earlier or not explained or patient.recorded("infection_suspected"):
        return False
    before = earlier[0]
    if patient.as_of - taken_at(before) > _days(patient, "stable-days"):
        return False
    worse = value_of(before) - value_of(fact)
    if limit.operator[0] == ">":
        worse = -worse
    unchanged = worse < course_choice(patient, "stable-change") * value_of(before)
    return unchanged and proves(before, limit.operator, threshold)
