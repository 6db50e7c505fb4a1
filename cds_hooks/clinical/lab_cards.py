"""The cards of laboratory safety: action first, the number with its date, and why."""

from collections.abc import Iterator
from textwrap import shorten

from cds_hooks.clinical.actions import offering, suggest
from cds_hooks.clinical.critical_results import (
    CriticalResult,
    Doubt,
    good,
    value_of,
)
from cds_hooks.clinical.end_of_life import comfort_measures_now
from cds_hooks.clinical.lab_rules import RULES, beyond
from cds_hooks.clinical.potassium import danger_signs, is_raised, raising_drugs
from cds_hooks.clinical.sources import Rule, RuleSource
from cds_hooks.engine.card_text import (
    detail,
    escape,
    label,
    measured,
    printed,
    remarks_of,
    sentence,
    source,
    timed,
)
from cds_hooks.engine.finding import Finding
from cds_hooks.engine.patient import Assessed
from cds_hooks.protocol.cards import LONGEST_SUMMARY, Card, Indicator
from fhir_adapters.facts.facts import Fact
from fhir_adapters.record import Measurement

SITE = RuleSource(label="This site's critical values", year=0, organisation="", licence="")
UNPLACED = (Doubt.UNIT_UNKNOWN, Doubt.SUBJECT_UNKNOWN, Doubt.TIME_UNKNOWN, Doubt.FLAGGED)
"""Where the result is to be checked before anything is ordered."""
COMFORT = "Comfort measures are recorded: this is information, no call to act."
LIMITS = {"<": "below", "<=": "at most", ">": "above", ">=": "at least"}
_FEWEST_DRUGS = 2


def result(fact: Fact) -> str:
    """A result with its name and the time of its specimen."""
    return f"{label(fact.name)} {measured(fact)}, {timed(fact)}"


def as_sent(fact: Fact) -> str:
    """The number of a result whose unit is not known, as it was sent."""
    return next(each.original for each in fact.basis if isinstance(each, Measurement))


def rule_card(
    patient: Assessed,
    rule: Rule,
    *facts: Fact,
    found: str,
    also: str = "",
    indicator: Indicator | None = None,
    read: RuleSource | None = None,
    actions: tuple[str, ...] | None = None,
) -> Card:
    """The card of a rule: `found` is its summary, `also` what else is to be known.

    `indicator`, `read` (where the rule was read) and `actions` are the rule's own unless given.
    Under comfort measures it is information, and suggests nothing.
    """
    read = read or RULES.source(rule)
    comfort = comfort_measures_now(patient)
    because = tuple(item for fact in facts for item in fact.basis)
    card = Card(
        summary=shorten(found, LONGEST_SUMMARY, placeholder=" …"),
        indicator="info" if comfort else indicator or rule.indicator or "warning",
        source=source(
            read.cited if read.year else read.label, topic=f"LabSafety{rule.topic}", url=read.url
        ),
        detail=detail(
            COMFORT if comfort else "",
            f"**{sentence(rule.advice)}.**",
            also,
            remarks=remarks_of(facts),
        ),
    )
    keys = () if comfort else rule.actions if actions is None else actions
    return offering(card, *(suggest(each, patient, reason=found, because=because) for each in keys))


def critical_finding(patient: Assessed, found: CriticalResult) -> Finding | None:
    """The card of a critical result; None where it is known and unchanged, or mild alone."""
    signs, drugs = _of_potassium(patient, found)
    rule: Rule = RULES.potassium_danger if signs else found.limit
    if found.known and not signs:
        return None
    if not rule.indicator and (len(drugs) < _FEWEST_DRUGS or found.doubt):
        return None
    own = found.key in patient.thresholds and not signs
    card = rule_card(
        patient,
        rule,
        found.fact,
        found=_summary(rule, found),
        also="\n\n".join(filter(None, (*_why(found), _danger(signs), _listed(drugs)))),
        indicator=_indicator(found),
        read=SITE if own else None,
        actions=() if found.doubt in UNPLACED else None,
    )
    return Finding(card, beyond(found.fact, found.threshold))


def _of_potassium(
    patient: Assessed, found: CriticalResult
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The danger signs and the drugs that a raised potassium is told with."""
    if not is_raised(found):
        return (), ()
    severe = found.limit.indicator == "critical"
    signs = () if severe or found.doubt else danger_signs(patient, found)
    return signs, raising_drugs(patient)


def _indicator(found: CriticalResult) -> Indicator | None:
    match found.doubt:
        case Doubt.HAEMOLYSED:
            return "warning"
        case Doubt.NONE:
            return None
    return "critical"


def _summary(rule: Rule, found: CriticalResult) -> str:
    fact, since = found.fact, ", not repeated since" if found.unrepeated else ""
    told = result(fact) + since
    match found.doubt:
        case Doubt.IMPLAUSIBLE:
            return f"Check this value, act as if it were true: {told}"
        case Doubt.UNIT:
            return f"Check the unit of this value: {told}"
        case Doubt.UNIT_UNKNOWN:
            return f"Check the unit: {label(fact.name)} {as_sent(fact)}, {timed(fact)}{since}"
        case Doubt.FLAGGED:
            told = f"{label(fact.name)} {as_sent(fact)}, {timed(fact)}{since}"
            return f"Check this result, flagged without a number: {told}"
        case Doubt.SUBJECT_UNKNOWN:
            return f"Check whose result this is: {told}"
        case Doubt.TIME_UNKNOWN:
            return f"Check when this was taken: {told}"
        case Doubt.HAEMOLYSED:
            return f"Repeat now, the specimen was haemolysed: {told}"
    return f"{rule.finding}: {told}"


def _why(found: CriticalResult) -> Iterator[str]:
    doubtful = found.limit.doubtful
    match found.doubt:
        case Doubt.IMPLAUSIBLE:
            yield "It is beyond the plausible range: act as if it were true until it is checked."
        case Doubt.UNIT if doubtful:
            yield (
                f"{value_of(found.fact):g} {doubtful.likely} is likelier than"
                f" {value_of(found.fact):g} {doubtful.as_sent_in}: repeat at the bedside now, and"
                " act as if it were true if the patient is unwell."
            )
        case Doubt.UNIT_UNKNOWN:
            yield (
                f"It was not sent in a unit of {label(found.fact.name)}. It may be"
                f" {measured(found.fact)}: act as if it were until it is checked."
            )
        case Doubt.FLAGGED:
            yield "It came without a number that can be read: act as if it were beyond the limit."
        case Doubt.SUBJECT_UNKNOWN:
            yield "It came with this chart but names no patient: act as if it were of this one."
        case Doubt.TIME_UNKNOWN:
            yield "It does not say when it was taken: act as if it were of now until it is checked."
        case Doubt.HAEMOLYSED:
            yield "Haemolysis raises it: treat once a repeat, or an ECG, confirms it."
    before = next(iter(good(found.earlier)), None)
    if before is not None:
        yield f"Before: {measured(before)}, {timed(before)}."
    limit, unit = found.limit, printed(found.limit.unit)
    yield f"Limit: {LIMITS[limit.operator]} {found.threshold:g} {unit}".rstrip() + "."


def _danger(signs: tuple[str, ...]) -> str:
    return f"**With {' and '.join(signs)}.**" if signs else ""


def _listed(drugs: tuple[str, ...]) -> str:
    return f"On the medication list: {escape(', '.join(drugs))}." if drugs else ""
