"""Kidney function as rules on doses read it: creatinine clearance or eGFR, or why neither is known.

Labels mean the clearance by Cockcroft and Gault with the patient's actual weight: eGFR never takes
its place. On dialysis both count as none. While creatinine is not stable, which an acute injury of
the last days tells, or where it is older than 90 days (our own choice), neither says how much of a
drug may be given.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from cds_hooks.clinical.kidney_injury import has_kidney_injury
from cds_hooks.engine.card_text import dated, label, measured, taken
from cds_hooks.engine.patient import Assessed, Risk
from predictors.predictor import NotAssessed, Reason
from predictors.scores.cockcroft_gault import cockcroft_gault

CLEARANCE = "creatinine_clearance"
EGFR = "egfr"
EGFR_UNIT = "mL/min/1.73 m²"
DIALYSIS = "dialysis"
ON_DIALYSIS = "on dialysis"
CREATININE_CLEARANCE = "creatinine clearance"
OLDEST = timedelta(days=90)
"""How old a creatinine may be from which a dose is told: our own choice."""


@dataclass(frozen=True, slots=True)
class KidneyFunction:
    """A measure that certainly lies from `low` to `high`, with what it rests on in words.

    `missing` says why it is not known, and both bounds are then of no use; "" where it is known.
    """

    name: str
    unit: str
    low: float = 0.0
    high: float = 0.0
    reasons: tuple[str, ...] = ()
    missing: str = ""

    @property
    def said(self) -> str:
        """The measure with its number, as a summary names it."""
        if self.unit == ON_DIALYSIS:
            return ON_DIALYSIS
        if self.low == self.high:
            return f"{self.name} {self.low:.0f} {self.unit}"
        return f"{self.name} {self.low:.0f} to {self.high:.0f} {self.unit}"

    def within(self, above: float, limit: float, *, at_limit: bool = False) -> bool:
        """Whether it certainly lies from `above` to `limit`; never where it is not known."""
        return not self.missing and self.low >= above and _under(self.high, limit, at_limit)

    def may_be_within(self, above: float, limit: float, *, at_limit: bool = False) -> bool:
        """Whether it may, by any of the values that it may have; never where it is not known."""
        return not self.missing and self.high >= above and _under(self.low, limit, at_limit)


def _under(value: float, limit: float, at_limit: bool) -> bool:
    return value <= limit if at_limit else value < limit


def kidney_function(patient: Assessed, measure: str) -> KidneyFunction:
    """Creatinine clearance or eGFR of the patient now."""
    if patient.recorded(DIALYSIS):
        return KidneyFunction("", ON_DIALYSIS, reasons=("dialysis is recorded",))
    return _clearance(patient) if measure == CLEARANCE else _filtration(patient)


def doubtful(patient: Assessed) -> str:
    """Why no dose can be told from creatinine, in words; "" where one can."""
    if patient.recorded(DIALYSIS):
        return ""
    if has_kidney_injury(patient):
        return "creatinine is not stable: acute kidney injury"
    when = taken(patient.fact("creatinine"))
    if when and when.latest < patient.as_of - OLDEST:
        return f"creatinine is of {when.text[:10]}: measure it again first"
    return ""


def _clearance(patient: Assessed) -> KidneyFunction:
    try:
        risk = patient.risk(cockcroft_gault)
    except NotAssessed as refused:
        missing = " and ".join(dict.fromkeys(map(_lacking, refused.reasons)))
        told = tuple(each.text for each in refused.reasons)
        return KidneyFunction(CREATININE_CLEARANCE, "mL/min", reasons=told, missing=missing)
    found = risk.assessment.predictions[0]
    return KidneyFunction(
        CREATININE_CLEARANCE, "mL/min", found.low, found.high, reasons=tuple(_rests_on(risk))
    )


def _lacking(reason: Reason) -> str:
    return label(reason.input).lower() if reason.input else reason.text


def _rests_on(risk: Risk) -> Iterator[str]:
    yield (
        f"Cockcroft-Gault with actual weight {measured(risk.facts['weight'])}"
        f" ({dated(risk.facts['weight'])})"
    )
    yield f"creatinine {measured(risk.facts['creatinine'])} ({dated(risk.facts['creatinine'])})"


def _filtration(patient: Assessed) -> KidneyFunction:
    fact, creatinine = patient.fact(EGFR), patient.fact("creatinine")
    known = fact.alternatives or (fact.value,)
    numbers = [each for each in known if isinstance(each, int | float)]
    if len(numbers) != len(known) or fact.bound.startswith(">"):
        why = next((note.text for note in fact.notes), "no creatinine")
        return KidneyFunction("eGFR", EGFR_UNIT, missing=why)
    told = creatinine if creatinine.value is not None else fact
    reasons = (f"{label(told.name).lower()} {measured(told)} ({dated(told)})",)
    least = 0.0 if fact.bound else min(numbers)
    return KidneyFunction("eGFR", EGFR_UNIT, least, max(numbers), reasons=reasons)
