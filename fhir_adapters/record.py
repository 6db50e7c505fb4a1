"""What a patient's chart holds once it is read safely: typed, dated, canonical and traceable."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import total_ordering

from msgspec import Struct


@total_ordering
class When(Struct, frozen=True, eq=False, gc=False):
    """A FHIR date or time as the interval it may mean; `text` (as written) is not compared."""

    earliest: datetime
    latest: datetime
    text: str = ""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, When) and self._interval == other._interval

    def __lt__(self, other: "When") -> bool:
        return self._interval < other._interval

    def __hash__(self) -> int:
        return hash(self._interval)

    @property
    def _interval(self) -> tuple[datetime, datetime]:
        return self.earliest, self.latest

    @property
    def day(self) -> date:
        """The calendar day, in UTC, on which the interval ends."""
        return self.latest.astimezone(UTC).date()


class NoteCode(StrEnum):
    """How a datum that is used was altered, or what makes it weaker than it looks."""

    CONVERTED = "converted"
    UNIT_ASSUMED = "unit-assumed"
    UNIT_CONFLICT = "unit-conflict"
    PRELIMINARY = "preliminary"
    BOUNDED = "bounded"
    PARSED = "parsed-from-text"
    ISSUED = "issued-time-used"
    ZONE_ASSUMED = "time-zone-assumed"
    SELF_REPORTED = "self-reported"
    DERIVED = "derived"
    BY_NAME = "recognised-by-name"
    STATUS_ASSUMED = "status-assumed"
    SUSPECTED = "suspected"
    NEWER_UNUSABLE = "newer-result-unusable"
    SINGLE_VISIT = "single-visit"
    TRUNCATED = "possibly-truncated"
    ESTIMATED = "estimated"
    AS_REPORTED = "as-reported"
    STALE = "stale"
    MAY_BE_RECORDED = "may-be-recorded"
    STOPPED = "stopped"
    AS_NEEDED = "as-needed"
    DOSE_ASSUMED = "dose-assumed"
    HAEMOLYSED = "haemolysed-specimen"
    IMPLAUSIBLE = "beyond-the-plausible-range"
    UNIT_UNKNOWN = "unit-not-known"
    SUBJECT_UNKNOWN = "subject-not-known"
    TIME_UNKNOWN = "time-not-known"
    FLAGGED = "flagged-without-a-number"


class Note(Struct, frozen=True, gc=False):
    """One such remark; `text` is short, for a clinician, and identifies no patient."""

    code: NoteCode
    text: str


class DropCode(StrEnum):
    """Why a datum that was sent is not used."""

    MALFORMED = "malformed"
    WRONG_PATIENT = "wrong-patient"
    NO_SUBJECT = "no-subject"
    NOT_THE_PATIENT = "not-the-patient"
    STATUS = "status"
    MODIFIER = "modifier-extension"
    IMPLICIT_RULES = "implicit-rules"
    NO_KNOWN_CODE = "no-known-code"
    ABSENT = "data-absent"
    VALUE_TYPE = "value-type"
    UNREADABLE_TEXT = "unreadable-text"
    NO_UNIT = "no-unit"
    UNKNOWN_UNIT = "unknown-unit"
    IMPLAUSIBLE = "implausible"
    NO_TIME = "no-time"
    DUPLICATE = "duplicate"
    SUPERSEDED = "superseded"
    REFUTED = "refuted"
    NEGATED = "negated"
    NOT_TAKEN = "not-taken"
    FAMILY_HISTORY = "family-history"
    SPECIMEN = "specimen"
    OTHER_DRUG = "other-drug"
    REFUSED = "refused"
    NO_RESOURCE = "no-resource"
    NESTED = "nested-bundle"
    TYPE_NOT_READ = "type-not-read"
    PARTS_LEFT_OUT = "parts-left-out"
    MASKED = "masked"
    NO_INFORMATION = "no-information"
    NO_CODE = "no-code"
    TEXT_ONLY = "text-only"
    UNKNOWN_SYSTEM = "unknown-code-system"
    UNKNOWN_CODE = "unknown-code"
    NAMED_ONLY = "named-only"
    STATUS_UNKNOWN = "status-unknown"
    ON_HOLD = "on-hold"
    REPEATED_MEMBER = "repeated-member"


STOPPED = "its status is stopped"
"""With this the text of a Dropped order begins that was taken until it was stopped."""


class Source(Struct, frozen=True, gc=False):
    """Where a datum came from: a reference ("Observation/o1") and the code it was found by."""

    reference: str
    code: str = ""


class UnitlessNumber(Struct, frozen=True, gc=False):
    """A number of which it cannot be told in what unit it is; `bound` as in Measurement.

    `sent` is how it was sent: with its unit, where that is a unit at all.
    """

    value: float
    bound: str
    sent: str


class Dropped(Struct, frozen=True, gc=False):
    """A resource or component that was not used, and why; `concept` is "" where none is known.

    `value` is, in the unit of the concept, a number that may be true: it is beyond the plausible
    range, or it is not known whose it is or of when, or it stands for a `flag` ("HH") that came in
    place of a number. `number` is one whose unit is not known.
    `key` is the prefetch key of the list that it stands in, "" where that may be any. `may_be` are
    the conditions or medication classes that it may record, None where that may be any of the list:
    `unplaced` says for which codes that matters.
    """

    source: Source
    code: DropCode
    text: str
    concept: str = ""
    when: When | None = None
    value: float | None = None
    number: UnitlessNumber | None = None
    key: str = ""
    may_be: frozenset[str] | None = None
    flag: str = ""


class Measurement(Struct, frozen=True, gc=False):
    """One usable value of a concept: a number in the concept's unit, or the meaning of a code.

    `bound` is "" or the comparator ("<", "<=", ">", ">="): the true value lies on that side.
    `original` is the value as sent ("88 umol/L") where it was converted, else "". `corrected` is
    whether it was reported as the correction of another. `upper` is the upper reference limit that
    the result itself states, in the concept's unit; it is read of troponin alone.
    """

    concept: str
    value: float | str
    unit: str
    when: When
    source: Source
    bound: str = ""
    original: str = ""
    notes: tuple[Note, ...] = ()
    corrected: bool = False
    upper: float | None = None


class Standing(StrEnum):
    """How a recorded condition counts."""

    ACTIVE = "active"
    HISTORY = "history"
    SUSPECTED = "suspected"


@dataclass(frozen=True, slots=True)
class RecordedCondition:
    """A condition on the chart: the value sets its codes fall in, and how it stands.

    `onset_age` is in years; from `abated` on, an ACTIVE condition is HISTORY. One that `resolves`
    says that its concepts, recorded earlier, are over.
    """

    concepts: frozenset[str]
    standing: Standing
    source: Source
    onset: When | None = None
    onset_age: float | None = None
    recorded: When | None = None
    abated: When | None = None
    notes: tuple[Note, ...] = ()
    resolves: bool = False


@dataclass(frozen=True, slots=True)
class RecordedMedication:
    """An active drug on the list: the classes it belongs to; none means it was not recognised.

    `may_be` are classes that its dose leaves open. `ends` is when its use ends, as far as that is
    said, and `supplied_until` how long what was ordered lasts. `name` is the drug as it was sent.
    """

    classes: frozenset[str]
    source: Source
    authored: When | None = None
    notes: tuple[Note, ...] = ()
    may_be: frozenset[str] = frozenset()
    ends: When | None = None
    supplied_until: datetime | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class RecordedAllergy:
    """An allergy or intolerance that is not over: the classes of drugs and drugs that it names.

    `ingredients` are as `terminology.ingredients` names them; `certain` is whether it is not said
    to be unconfirmed; `severe` is whether a reaction was, or the next may be.
    """

    classes: frozenset[str]
    ingredients: frozenset[str]
    source: Source
    name: str = ""
    certain: bool = True
    severe: bool = False
    intolerance: bool = False
    recorded: When | None = None


@dataclass(frozen=True, slots=True)
class Regimen:
    """How much of a drug is to be taken: mg at once, and times a day.

    None where that is not said, not in a unit of mass, or differs from day to day.
    """

    at_once: float | None = None
    times: float | None = None
    as_needed: bool = False

    @property
    def a_day(self) -> float | None:
        """In mg; None where either is not known."""
        return None if self.at_once is None or self.times is None else self.at_once * self.times


@dataclass(frozen=True, slots=True)
class DraftOrder:
    """An order as rules read it: one that is being written, or one for after a discharge.

    `reference` is its type with its temporary id ("MedicationRequest/103"), `full_url` what else a
    selection may call it; `classes`, `may_be` and `name` are as in RecordedMedication, `code` as in
    Source, `ingredients` as in RecordedAllergy; `concept` is what a request for a test would
    measure.
    `unread` is why nothing is known of what it orders, None if something is; `selected` is whether
    the user is choosing it now. `content` is the resource as it was sent, in JSON.
    """

    reference: str
    classes: frozenset[str] = frozenset()
    may_be: frozenset[str] = frozenset()
    name: str = ""
    code: str = ""
    ingredients: frozenset[str] = frozenset()
    regimen: Regimen = Regimen()
    concept: str = ""
    full_url: str = ""
    unread: DropCode | None = None
    selected: bool = True
    content: bytes = field(default=b"", repr=False)

    @property
    def type(self) -> str:
        """The type of the resource."""
        return self.reference.partition("/")[0]


@dataclass(frozen=True, slots=True)
class Stay:
    """Some time in one place; None where it is not told when it began, or it has not ended."""

    began: When | None
    ended: When | None


@dataclass(frozen=True, slots=True)
class RecordedEncounter:
    """A visit or a hospital stay; `open` is whether it was under way when it was sent.

    `setting` is "inpatient", "emergency", "outpatient" or "" (not known); `intensive_care` is when
    the patient was where that is given; the others are meanings of codes, "" where none is known.
    """

    id: str
    setting: str
    open: bool
    source: Source
    began: When | None = None
    ended: When | None = None
    intensive_care: tuple[Stay, ...] = ()
    admission_source: str = ""
    admission_priority: str = ""
    discharge_disposition: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """Of the Patient only what predictions need. `sex` is "female", "male" or "" (not known)."""

    born: When | None
    sex: str
    deceased: bool
    source: Source
    notes: tuple[Note, ...] = ()


class Availability(StrEnum):
    """What became of one prefetch key; every state but ANSWERED leaves "no record" unproven."""

    ANSWERED = "answered"
    TRUNCATED = "truncated"
    UNAVAILABLE = "unavailable"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class PatientRecord:
    """Everything read of one patient. `availability` is by prefetch key ("vitals", ...).

    `drafts` are the orders of the call's context, which are on no list yet; `discharge` are those
    of the medication list that are for after a discharge. `named` are the conditions that any
    entry of the problem list names, whether they count or not.
    """

    person: Person | None
    measurements: Mapping[str, tuple[Measurement, ...]]
    conditions: tuple[RecordedCondition, ...]
    medications: tuple[RecordedMedication, ...]
    dropped: tuple[Dropped, ...]
    availability: Mapping[str, Availability]
    encounters: tuple[RecordedEncounter, ...] = ()
    allergies: tuple[RecordedAllergy, ...] = ()
    drafts: tuple[DraftOrder, ...] = ()
    discharge: tuple[DraftOrder, ...] = ()
    named: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        named = frozenset[str]().union(*[each.concepts for each in self.conditions])
        object.__setattr__(self, "named", named)

    def before(self, moment: datetime) -> "PatientRecord":
        """The record with only those measurements that were certainly taken before a moment."""
        return replace(
            self,
            measurements={
                concept: tuple(each for each in measured if each.when.latest < moment)
                for concept, measured in self.measurements.items()
            },
            dropped=tuple(each for each in self.dropped if each.when and each.when.latest < moment),
        )
