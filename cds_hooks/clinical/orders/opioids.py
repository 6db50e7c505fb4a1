"""Opioid doses in morphine milligram equivalents, and opioids with benzodiazepines (CDC 2022)."""

import csv
from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import Any

import msgspec

from cds_hooks.clinical.orders.drafts import of_classes
from cds_hooks.clinical.orders.meetings import named
from cds_hooks.clinical.orders.order_cards import order_finding
from cds_hooks.clinical.orders.rule_table import OrderRule, in_force, limit
from cds_hooks.engine.card_text import label
from cds_hooks.engine.finding import Finding
from cds_hooks.engine.patient import Assessed
from fhir_adapters.record import DraftOrder, RecordedMedication

CHECK = "opioid"
OPIOID, BENZODIAZEPINE = "opioid", "benzodiazepine"
HOSPITAL = "hospital_stay"
HOME = frozenset({"community", "discharge", "outpatient"})
"""Categories of an order that is taken at home, in FHIR's medicationrequest-category."""

_TABLE = files("cds_hooks").joinpath("clinical/orders/opioid_factors.csv")
FACTORS: Mapping[str, float] = {
    row["class"]: float(row["factor"])
    for row in csv.DictReader(_TABLE.read_text(encoding="utf-8").splitlines())
}
"""Morphine milligram equivalents of a mg, by the class of the opioid."""


def opioids(patient: Assessed, drafts: tuple[DraftOrder, ...]) -> Iterator[Finding]:
    """What is said of opioids that are taken at home; nothing where the rules are silent."""
    rules = {
        rule.key: rule
        for rule in in_force(CHECK, patient)
        if not any(map(patient.recorded, rule.unless))
    }
    home = tuple(each for each in drafts if at_home(patient, each))
    taken = of_classes(home, (OPIOID,))
    chosen = next((each for each in taken if each.selected), None)
    if chosen:
        yield from _dose(patient, rules, chosen, taken)
    if (rule := rules.get("opioid-benzodiazepine")) and (
        found := _both(patient, rule, home, OPIOID, BENZODIAZEPINE)
        or _both(patient, rule, home, BENZODIAZEPINE, OPIOID)
    ):
        yield found


def at_home(patient: Assessed, draft: DraftOrder) -> bool:
    """Whether it is taken at home: by its category, else by where the patient is.

    One that says neither is taken to be: in hospital the chart says so.
    """
    categories = frozenset(_categories(draft.content))
    if categories:
        return bool(categories & HOME)
    return not patient.recorded(HOSPITAL)


def _categories(content: bytes) -> Iterator[str]:
    order: Any = msgspec.json.decode(content) if content else {}
    stated = order.get("category") if isinstance(order, dict) else None
    for concept in stated if isinstance(stated, list) else ():
        for coding in (concept.get("coding") if isinstance(concept, dict) else None) or ():
            if isinstance(coding, dict) and isinstance(coding.get("code"), str):
                yield coding["code"].strip().lower()


def equivalents(draft: DraftOrder) -> float | None:
    """Morphine milligram equivalents a day; None where dose or factor is not known."""
    factor = next((FACTORS[each] for each in sorted(draft.classes) if each in FACTORS), None)
    a_day = draft.regimen.a_day
    return None if factor is None or a_day is None else a_day * factor


def _dose(
    patient: Assessed,
    rules: Mapping[str, OrderRule],
    chosen: DraftOrder,
    taken: tuple[DraftOrder, ...],
) -> Iterator[Finding]:
    amounts = [(each, equivalents(each)) for each in taken]
    total = sum(amount for _, amount in amounts if amount is not None)
    unread = [named(each.name) for each, amount in amounts if amount is None]
    also = [f"{name}: not counted, its dose cannot be converted" for name in unread]
    if patient.recorded(OPIOID):
        also.append("an opioid on the medication list is not counted")
    rule = rules.get("opioid-50-mme")
    if rule and total >= (least := limit(rule, patient)):
        reasons = [f"{named(each.name)}: {amount:g}" for each, amount in amounts if amount]
        said = f"{total:g} MME a day"
        yield order_finding(
            patient, rule, chosen, other=said, reasons=(*also, *reasons), over=total / least
        )
    elif unread and (rule := rules.get("opioid-dose-unread")):
        said = "it cannot be converted to morphine"
        yield order_finding(patient, rule, chosen, other=said, reasons=also)


def _both(
    patient: Assessed, rule: OrderRule, drafts: tuple[DraftOrder, ...], one: str, other: str
) -> Finding | None:
    """A selected draft of one class with a draft, or a drug of the list, of the other."""
    draft = next((each for each in of_classes(drafts, (one,)) if each.selected), None)
    if draft is None:
        return None
    beside = next((each for each in of_classes(drafts, (other,)) if each is not draft), None)
    if beside:
        return order_finding(patient, rule, draft, other=named(beside.name))
    if not patient.recorded(other):
        return None
    basis = patient.fact(other).basis
    listed = next((each for each in basis if isinstance(each, RecordedMedication)), None)
    since = f", ordered {listed.authored.text[:10]}" if listed and listed.authored else ""
    name = named(listed.name) if listed and listed.name else label(other).lower()
    reasons = (f"On the list: {name}{since}",)
    return order_finding(patient, rule, draft, other=name, reasons=reasons)
