"""High potassium by the bands of the UK Kidney Association, its danger signs and its drugs.

From 6.5 mmol/L it is severe. Below, it is critical with acute kidney injury, a recorded ECG change
or a fast rise; without one, 6.0 to 6.4 asks for an ECG and a repeat, and 5.5 to 5.9 speaks only
where at least two drugs that raise potassium are on the list.
"""

from collections.abc import Iterator
from datetime import timedelta

from cds_hooks.clinical.critical_results import (
    CriticalResult,
    good,
    is_haemolysed,
    taken_at,
    value_of,
)
from cds_hooks.clinical.kidney_injury import has_kidney_injury
from cds_hooks.clinical.lab_rules import RULES
from cds_hooks.engine.patient import Assessed
from fhir_adapters.facts.facts import begun
from fhir_adapters.record import RecordedMedication

DRUGS = ("raas", "mra", "potassium_supplement")
"""The classes of drugs that raise potassium and are named on the card."""

RISE = timedelta(hours=12)
"""Within which time a rise counts as fast."""

ECG = timedelta(days=2)
"""How old a recorded ECG change may be."""


def is_raised(found: CriticalResult) -> bool:
    """Whether it is a potassium above one of its limits."""
    return found.limit.concept == "potassium" and found.limit.operator[0] == ">"


def danger_signs(patient: Assessed, found: CriticalResult) -> tuple[str, ...]:
    """What makes a raised potassium an emergency at any level from 5.5 mmol/L, in words."""
    signs: list[str] = []
    if has_kidney_injury(patient):
        signs.append("acute kidney injury")
    if _has_ecg_change(patient):
        signs.append("a recorded ECG change")
    if rise := _fast_rise(found):
        signs.append(f"a rise of {rise:.1f} mmol/L within 12 hours")
    return tuple(signs)


def raising_drugs(patient: Assessed) -> tuple[str, ...]:
    """The drugs on the list that raise potassium, as they are written there."""
    return tuple(dict.fromkeys(_names(patient)))


def _names(patient: Assessed) -> Iterator[str]:
    for drug_class in DRUGS:
        if patient.recorded(drug_class):
            yield from drug_names(patient, drug_class)


def drug_names(patient: Assessed, drug_class: str) -> Iterator[str]:
    """The drugs of a class on the list, as they are written there, or else their class."""
    for each in patient.fact(drug_class).basis:
        if isinstance(each, RecordedMedication):
            yield each.name or drug_class


def _has_ecg_change(patient: Assessed) -> bool:
    dated = (begun(each) for each in patient.entries("abnormal_ecg"))
    return any(each and each.latest >= patient.as_of - ECG for each in dated)


def _fast_rise(found: CriticalResult) -> float:
    """By how much it rose within the time of a fast rise, if by more than the limit; else 0."""
    if is_haemolysed(found.fact):
        return 0.0
    now = taken_at(found.fact)
    recent = [value_of(each) for each in good(found.earlier) if now - taken_at(each) <= RISE]
    rise = value_of(found.fact) - min(recent, default=value_of(found.fact))
    return rise if round(rise, 3) > RULES.potassium_danger.limit else 0.0
