"""Doses against kidney function: what may not be given, and more or less than the label gives."""

from collections.abc import Iterator

from cds_hooks.clinical.orders.drafts import of_classes
from cds_hooks.clinical.orders.kidney_function import KidneyFunction, doubtful, kidney_function
from cds_hooks.clinical.orders.order_cards import order_finding
from cds_hooks.clinical.orders.rule_table import OrderRule, in_force, limit
from cds_hooks.engine.card_text import dated, measured
from cds_hooks.engine.finding import Finding
from cds_hooks.engine.patient import Assessed
from fhir_adapters.record import DraftOrder

CHECK = "kidney"
ROUNDING = 1.1
"""How far a dose for each kg may be rounded up."""
UNREAD = "it could not be read"
ANTICOAGULANTS = frozenset({"DoacKidney", "DoacTooLow"})
"""The topics of which a rule proposes a dose of an anticoagulant."""


def kidney(patient: Assessed, drafts: tuple[DraftOrder, ...]) -> Iterator[Finding]:
    """The first rule of each topic that a selected draft breaks, the most severe first.

    Where creatinine is not stable or old no dose of an anticoagulant is proposed, nor any raised.
    """
    told = set[str]()
    for rule in in_force(CHECK, patient):
        for draft in of_classes(drafts, rule.drugs):
            if not draft.selected or (key := f"{draft.reference} {rule.topic}") in told:
                continue
            if finding := _broken(patient, rule, draft):
                told.add(key)
                yield finding


def _broken(patient: Assessed, rule: OrderRule, draft: DraftOrder) -> Finding | None:
    if rule.recorded and not any(map(patient.recorded, rule.recorded)):
        return None
    if any(map(patient.recorded, rule.unless)):
        return None
    if not (_over(patient, "age", rule.from_age) and _over(patient, "weight", rule.over_weight)):
        return None
    function, most = kidney_function(patient, rule.needs[0]), limit(rule, patient)
    any_dose = rule.most_a_day is None and rule.least_a_day is None
    # What may kill is told for any value that the measure may have.
    lies = function.may_be_within if any_dose and rule.indicator == "critical" else function.within
    if not lies(rule.above, most, at_limit=rule.at_limit):
        return None
    doubt = doubtful(patient)
    if any_dose:
        return _finding(patient, rule, draft, function, doubt)
    proposes = rule.least_a_day is not None or rule.topic in ANTICOAGULANTS
    return None if doubt and proposes else _dosed(patient, rule, draft, function, doubt)


def _over(patient: Assessed, name: str, least: float) -> bool:
    """Whether the fact certainly reaches what a rule asks of it; yes where it asks nothing."""
    if not least:
        return True
    fact = patient.fact(name)
    known = fact.alternatives or (fact.value,)
    numbers = [each for each in known if isinstance(each, int | float)]
    return len(numbers) == len(known) and min(numbers) >= least


def _dosed(
    patient: Assessed, rule: OrderRule, draft: DraftOrder, function: KidneyFunction, doubt: str
) -> Finding | None:
    """The finding of a dose beyond the rule's; one that cannot be read may be too high."""
    factor, weighed = _factor(patient, rule)
    a_day = draft.regimen.a_day
    if a_day is None or factor is None:
        if rule.most_a_day is None:
            return None
        lacking = UNREAD if a_day is None else "the weight is not known"
        return _finding(patient, rule, draft, function, f"check the dose: {lacking}", doubt)
    most, least = rule.most_a_day, rule.least_a_day
    too_much = most is not None and a_day > most * factor
    too_little = least is not None and a_day < least * factor
    if not (too_much or too_little):
        return None
    return _finding(patient, rule, draft, function, f"ordered {a_day:g} mg a day{weighed}", doubt)


def _factor(patient: Assessed, rule: OrderRule) -> tuple[float | None, str]:
    """What a dose of the rule is multiplied with: 1, or the weight in kg where it is for each."""
    if not rule.per_kg:
        return 1.0, ""
    weight = patient.fact("weight")
    if isinstance(weight.value, bool) or not isinstance(weight.value, int | float):
        return None, ""
    return weight.value * ROUNDING, f", weight {measured(weight)} ({dated(weight)})"


def _finding(
    patient: Assessed, rule: OrderRule, draft: DraftOrder, function: KidneyFunction, *said: str
) -> Finding:
    most = limit(rule, patient)
    over = 1.0 + max(0.0, most - function.high) / most if most else 1.0
    reasons = (*filter(None, said), *function.reasons)
    return order_finding(patient, rule, draft, other=function.said, reasons=reasons, over=over)
