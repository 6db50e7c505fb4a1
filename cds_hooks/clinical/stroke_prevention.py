"""What is said beside the stroke risk in atrial fibrillation: rates, which drug, what is against.

The rules are rows of `stroke_prevention.toml`. A direct oral anticoagulant is named only where no
prosthetic valve, mitral stenosis or antiphospholipid syndrome is recorded. Nothing here decides by
a bleeding score.
"""

from collections.abc import Iterator
from datetime import timedelta
from importlib.resources import files

import msgspec

from cds_hooks.clinical.lab_rules import proves
from cds_hooks.engine.card_text import dated, label, measured
from cds_hooks.engine.guidelines import PUBLICATIONS
from cds_hooks.engine.patient import Assessed
from fhir_adapters.facts.fact import Fact
from fhir_adapters.record import RecordedCondition, Standing, When
from predictors.predictor import Input, Kind, Prediction

PLATELETS = Input("platelets", Kind.VALUE, "10*9/L")


class Cited(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a row was read, as in `engine/guidelines.toml`."""

    source: str
    section: str
    printed: str

    @property
    def read(self) -> bool:
        """Whether it was read somewhere; what was not is off."""
        return bool(PUBLICATIONS[self.source].locator and self.printed)

    @property
    def cited(self) -> str:
        """Its source as a clinician reads it."""
        return PUBLICATIONS[self.source].cited


class YearlyRate(Cited, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """Strokes in a hundred people a year, in words, by points from 0; the last is for more."""

    by_score: tuple[str, ...]


class Choice(Cited, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which anticoagulant; a `condition` that must be recorded, if there is one."""

    advice: str
    condition: str = ""


class Against(Cited, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """What speaks against an anticoagulant: a condition, or platelets below a limit."""

    name: str
    advice: str
    below: float = 0.0
    within_days: int = 0


class StrokePrevention(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"
):
    """All rows."""

    yearly_rate: YearlyRate
    direct_oral: Choice
    not_direct: tuple[Choice, ...]
    against: tuple[Against, ...]


RULES: StrokePrevention = msgspec.toml.decode(
    files("cds_hooks").joinpath("clinical/stroke_prevention.toml").read_bytes(),
    type=StrokePrevention,
)

UNPLACED = (
    "An entry that could not be placed may be a mechanical valve: check it, a direct oral "
    "anticoagulant is not recommended with one"
)

ASKED = tuple(
    dict.fromkeys(
        (
            *(row.condition for row in RULES.not_direct),
            *(row.name for row in RULES.against if not row.below),
            "bioprosthetic_valve",
            "mitral_stenosis",
        )
    )
)
"""The conditions that are asked for."""


def yearly_rate(score: Prediction) -> Iterator[str]:
    """How many have a stroke in a year at that score without an anticoagulant."""
    rate, most = RULES.yearly_rate, len(RULES.yearly_rate.by_score) - 1
    low, high = (rate.by_score[min(round(each), most)] for each in (score.low, score.high))
    said = low if low == high else f"{low} to {high}"
    if rate.read:
        yield f"Ischaemic stroke without an anticoagulant: {said} a year ({rate.cited})"


def choice(patient: Assessed) -> Iterator[str]:
    """Which anticoagulant: why not a direct oral one, or that it goes first."""
    reasons = [row.advice for row in RULES.not_direct if _stands(patient, row)]
    if patient.doubt("mechanical_valve"):
        reasons.append(UNPLACED)
    yield from dict.fromkeys(reasons)
    if not reasons and not patient.recorded("mitral_stenosis") and RULES.direct_oral.read:
        yield RULES.direct_oral.advice


def _stands(patient: Assessed, row: Choice) -> bool:
    if not row.read or not patient.recorded(row.condition):
        return False
    return row.condition != "mechanical_valve" or not _replaced(patient)


def against(patient: Assessed) -> Iterator[tuple[str, Against]]:
    """What speaks against an anticoagulant, with its date, and the row that says so."""
    said: set[str] = set()
    for row in RULES.against:
        found = _found(patient, row) if row.read and row.name not in said else ""
        if found:
            said.add(row.name)
            yield found, row


def _found(patient: Assessed, row: Against) -> str:
    fact = patient.fact(row.name)
    if row.below:
        low = proves(fact, "<", row.below)
        return f"{label(row.name).lower()} {measured(fact)} on {dated(fact)}" if low else ""
    if not patient.recorded(row.name) or not (entries := _recent(patient, fact, row.within_days)):
        return ""
    days = [when.text[:10] for each in entries if (when := begun(each))]
    return f"{label(row.name).lower()}{f' {max(days)}' if days else ''}"


def _recent(patient: Assessed, fact: Fact, days: int) -> list[RecordedCondition]:
    """The entries that began within so many days, undated ones too; all of them for 0."""
    entries = [each for each in fact.basis if isinstance(each, RecordedCondition)]
    if not days:
        return entries
    since = patient.as_of - timedelta(days=days)
    active = (each for each in entries if each.standing is Standing.ACTIVE and not each.abated)
    return [each for each in active if (when := begun(each)) is None or when.latest >= since]


def begun(condition: RecordedCondition) -> When | None:
    """Since when it is known to be there."""
    return condition.onset or condition.recorded


def mechanical_valve(patient: Assessed) -> bool:
    """Whether a mechanical valve is proven: recorded, and no bioprosthesis is or only before it."""
    if not patient.recorded("mechanical_valve"):
        return False
    replaced = _newest(patient, "bioprosthetic_valve")
    placed = _newest(patient, "mechanical_valve")
    if not patient.recorded("bioprosthetic_valve"):
        return True
    return placed is not None and replaced is not None and placed > replaced


def _replaced(patient: Assessed) -> bool:
    """Whether a bioprosthesis is certainly newer than every mechanical valve."""
    placed, newer = _newest(patient, "mechanical_valve"), _newest(patient, "bioprosthetic_valve")
    return placed is not None and newer is not None and newer > placed


def _newest(patient: Assessed, name: str) -> When | None:
    """When the newest entry began; None if there is none or one of them has no date."""
    entries = [e for e in patient.fact(name).basis if isinstance(e, RecordedCondition)]
    dates = [begun(each) for each in entries]
    known = [each for each in dates if each is not None]
    return max(known) if known and len(known) == len(dates) else None
