"""DOACs: apixaban's two of three criteria, and what is missing before any dose can be judged."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cds_hooks.clinical.kidney_injury import has_kidney_injury
from cds_hooks.clinical.orders.drafts import of_classes
from cds_hooks.clinical.orders.kidney_function import (
    CLEARANCE,
    KidneyFunction,
    doubtful,
    kidney_function,
)
from cds_hooks.clinical.orders.order_cards import order_finding
from cds_hooks.clinical.orders.rule_table import OrderRule, in_force, limit
from cds_hooks.engine.card_text import dated, label, measured
from cds_hooks.engine.finding import Finding
from cds_hooks.engine.patient import Assessed
from fhir_adapters.facts.facts import Fact
from fhir_adapters.record import DraftOrder

AF = "atrial_fibrillation"
NO_END = 1000.0
AGE, WEIGHT, CREATININE = 80.0, 60.0, 1.5
"""Apixaban's criteria: years from, kg up to, mg/dL from (Eliquis label, 2.1)."""


@dataclass(frozen=True, slots=True)
class Criteria:
    """Which of apixaban's three certainly hold or do not, how many may, and what is not known."""

    hold: tuple[str, ...]
    may: int
    missing: tuple[str, ...]
    against: tuple[str, ...]


def criteria(patient: Assessed) -> Criteria:
    """Apixaban's three criteria of the patient."""
    asked = (("age", AGE, 1), ("weight", WEIGHT, -1), ("creatinine", CREATININE, 1))
    held = [
        (patient.fact(name), _holds(patient.fact(name), least, sign=sign))
        for name, least, sign in asked
    ]
    return Criteria(
        hold=tuple(_said(fact) for fact, holds in held if holds),
        may=sum(holds is not False for _, holds in held),
        missing=tuple(label(fact.name).lower() for fact, holds in held if holds is None),
        against=tuple(_said(fact) for fact, holds in held if holds is False),
    )


def _holds(fact: Fact, least: float, *, sign: int) -> bool | None:
    """Whether the value reaches `least`, from below if `sign` is 1; None where it is not known."""
    known = fact.alternatives or (fact.value,)
    numbers = [each * sign for each in known if isinstance(each, int | float) and each is not True]
    if len(numbers) != len(known) or fact.bound:
        return None
    reached = {each >= least * sign for each in numbers}
    return reached.pop() if len(reached) == 1 else None


def _said(fact: Fact) -> str:
    day = dated(fact)
    return f"{label(fact.name).lower()} {measured(fact)}" + (f" ({day})" if day else "")


def apixaban(patient: Assessed, drafts: tuple[DraftOrder, ...]) -> Iterator[Finding]:
    """A dose of apixaban in atrial fibrillation that the criteria do not give, either way."""
    for rule in in_force("apixaban", patient):
        if not any(map(patient.recorded, rule.recorded)) or patient.recorded("dialysis"):
            continue
        for draft in of_classes(drafts, rule.drugs):
            if draft.selected and (found := _apixaban(patient, rule, draft)):
                yield found


def _apixaban(patient: Assessed, rule: OrderRule, draft: DraftOrder) -> Finding | None:
    met, needed, a_day = criteria(patient), limit(rule, patient), draft.regimen.a_day
    sure, open_ = len(met.hold) >= needed, len(met.hold) < needed <= met.may
    if doubtful(patient):
        return None
    if rule.most_a_day is not None:
        too_high = sure and (a_day is None or a_day > rule.most_a_day)
        return _told(patient, rule, draft, met, met.hold) if too_high else None
    if rule.least_a_day is not None:
        too_low = not sure and not open_ and a_day is not None and a_day < rule.least_a_day
        cleared = kidney_function(patient, CLEARANCE).within(rule.above, NO_END)
        return _told(patient, rule, draft, met, met.against) if too_low and cleared else None
    if not open_:
        return None
    lacking = f"{' and '.join(met.missing)} not known"
    return order_finding(patient, rule, draft, other=lacking, reasons=met.hold)


def _told(
    patient: Assessed,
    rule: OrderRule,
    draft: DraftOrder,
    met: Criteria,
    reasons: tuple[str, ...],
) -> Finding:
    said = f"{len(met.hold)} of 3 criteria"
    return order_finding(patient, rule, draft, other=said, reasons=reasons)


def doac_unknown(patient: Assessed, drafts: tuple[DraftOrder, ...]) -> Iterator[Finding]:
    """What is missing before the dose of a DOAC can be judged; one finding a draft."""
    rules = {rule.key: rule for rule in in_force("doac-unknown", patient)}
    for draft in drafts:
        if draft.selected and (found := _unknown(patient, rules, draft)):
            yield found


def _unknown(
    patient: Assessed, rules: Mapping[str, OrderRule], draft: DraftOrder
) -> Finding | None:
    function = kidney_function(patient, CLEARANCE)
    doubt = doubtful(patient)
    for key, holds in (
        ("doac-acute-injury", has_kidney_injury(patient)),
        ("doac-clearance-unknown", bool(function.missing or doubt)),
        ("rivaroxaban-indication-unknown", not patient.recorded(AF)),
    ):
        rule = rules.get(key)
        if rule and holds and draft.classes.intersection(rule.drugs):
            return _missing(patient, rule, draft, function, doubt)
    return None


def _missing(
    patient: Assessed, rule: OrderRule, draft: DraftOrder, function: KidneyFunction, doubt: str
) -> Finding | None:
    by_criteria = "apixaban" in draft.classes and patient.recorded(AF) and not doubt
    if rule.key == "doac-clearance-unknown" and by_criteria:
        return None  # apixaban in atrial fibrillation goes by its own criteria
    if rule.most_a_day is not None:
        a_day = draft.regimen.a_day
        right = a_day is not None and a_day <= rule.most_a_day
        if right or not function.within(rule.above, limit(rule, patient), at_limit=rule.at_limit):
            return None
    said = f"{function.missing} not known" if function.missing else doubt or function.said
    return order_finding(patient, rule, draft, other=said, reasons=function.reasons)
