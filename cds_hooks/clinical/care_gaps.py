"""Recommended care that is missing: the rows of `care_gaps.toml` against one chart.

That something is missing is a claim. A row speaks only where what it needs is proven, what speaks
against it is known not to be there, and the list that it is missing from was read and placed.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from itertools import chain
from typing import Literal

import msgspec

from cds_hooks.clinical.lab_rules import proves
from cds_hooks.clinical.sources import Rule, RuleSource
from cds_hooks.engine.eligibility import unusable
from cds_hooks.engine.patient import Assessed
from fhir_adapters.facts.facts import Fact, State
from fhir_adapters.record import RecordedAllergy
from fhir_adapters.terminology import value_sets
from predictors.predictor import Input, Kind
from predictors.scores.ckd_epi_2021 import ckd_epi_2021

OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}
CHILDBEARING = 50
"""Years up to which a pregnancy is possible in whoever is not male: a choice of this product."""


class Bound(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A limit of one measured fact, in `unit`.

    What speaks against a gap must be known not to be there where it is `needed`.
    """

    name: str
    operator: Literal["<", "<=", ">", ">="]
    limit: float
    unit: str
    needed: bool = True


class CareGap(Rule, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """One recommendation, of the recommended `grade`.

    `missing` is the drug class that is not on the medication list, `unmeasured` what was not
    measured within a year ("": neither is what is missing). All of `recorded` must be on the
    problem list, all of `proven` and one of `either` be proven, the age be `youngest` to `oldest`.
    One of `unless`, of `against`, an allergy to a class of `allergic`, or a possible pregnancy
    where it may harm the `unborn`, speaks against it. `subject` is what the card tells of, whoever
    else tells of it.
    """

    subject: str
    grade: str
    missing: str = ""
    unmeasured: str = ""
    recorded: tuple[str, ...] = ()
    proven: tuple[Bound, ...] = ()
    either: tuple[Bound, ...] = ()
    youngest: int = 18
    oldest: int = 130
    unless: tuple[str, ...] = ()
    against: tuple[Bound, ...] = ()
    allergic: tuple[str, ...] = ()
    unborn: bool = False

    @property
    def bounds(self) -> tuple[Bound, ...]:
        """Every limit that it reads."""
        return (*self.proven, *self.either, *self.against)


class Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file; the rules are in the order of their importance."""

    sources: Mapping[str, RuleSource]
    rules: Mapping[str, CareGap]


TABLE: Table = msgspec.toml.decode(
    files("cds_hooks").joinpath("clinical/care_gaps.toml").read_bytes(), type=Table
)
RULES = TABLE.rules

UNITS = {each.name: each.unit for rule in RULES.values() for each in rule.bounds} | {
    rule.unmeasured: value_sets.concepts()[rule.unmeasured].unit
    for rule in RULES.values()
    if rule.unmeasured
}
_VISITS = frozenset({"sbp", "dbp"})
_MEASURED = (
    Input(
        name,
        Kind.VALUE,
        unit,
        visits=2 if name in _VISITS else 1,
        derived_by=ckd_epi_2021 if name == "egfr" else None,
    )
    for name, unit in UNITS.items()
)
_LISTED = (
    (*rule.recorded, *rule.unless, *filter(None, (rule.missing,))) for rule in RULES.values()
)
INPUTS: tuple[str | Input, ...] = (
    *dict.fromkeys(chain.from_iterable(_LISTED)),
    "pregnancy",
    Input("sex", Kind.SEX),
    Input("allergies", Kind.ALLERGY),
    *_MEASURED,
)
"""Everything that the rules read."""


@dataclass(frozen=True, slots=True)
class Found:
    """A gap that is certain, or why it is `open` whether there is one."""

    key: str
    rule: CareGap
    open: str = ""


def read(rule: CareGap) -> RuleSource:
    """Where the rule was read."""
    return TABLE.sources[rule.source]


def is_on(key: str, patient: Assessed) -> bool:
    """Whether a rule looks at all: not if its source was not read, or if the site turned it off."""
    return bool(read(RULES[key]).locator) and patient.rules.get(key, True)


def care_gaps(patient: Assessed) -> Iterator[Found]:
    """Each gap whose needs are met and that nothing is known to speak against, in order."""
    for key, rule in RULES.items():
        if is_on(key, patient) and _needed(rule, patient) and not _spoken_against(rule, patient):
            yield Found(key, rule, next(_open(rule, patient), ""))


def _needed(rule: CareGap, patient: Assessed) -> bool:
    """Whether everything that calls for it is certain, and what would be there is not."""
    return (
        _of_age(rule, patient.fact("age"))
        and all(map(patient.recorded, rule.recorded))
        and all(_proves(patient, each) for each in rule.proven)
        and (not rule.either or any(_proves(patient, each) for each in rule.either))
        and not (rule.missing and patient.recorded(rule.missing))
        and not (rule.unmeasured and patient.fact(rule.unmeasured).value is not None)
    )


def _of_age(rule: CareGap, age: Fact) -> bool:
    years = [each for each in age.alternatives or (age.value,) if isinstance(each, int | float)]
    return bool(years) and all(rule.youngest <= each <= rule.oldest for each in years)


def _proves(patient: Assessed, bound: Bound) -> bool:
    return proves(patient.fact(bound.name), bound.operator, bound.limit)


def _spoken_against(rule: CareGap, patient: Assessed) -> bool:
    """Whether something known speaks against it."""
    return (
        any(map(patient.recorded, rule.unless))
        or any(_proves(patient, each) for each in rule.against)
        or not allergic_to(patient).isdisjoint(rule.allergic)
        or bool(rule.unborn and _may_be_pregnant(patient))
    )


def allergic_to(patient: Assessed) -> frozenset[str]:
    """The drug classes of every recorded allergy and intolerance, those of single drugs too."""
    recorded = patient.fact("allergies").basis
    named = (each for each in recorded if isinstance(each, RecordedAllergy))
    return frozenset[str]().union(*map(_classes, named))


def _classes(allergy: RecordedAllergy) -> frozenset[str]:
    known = map(value_sets.medication_classes_named, allergy.ingredients)
    return allergy.classes.union(*(each or () for each in known))


def _may_be_pregnant(patient: Assessed) -> bool:
    age = patient.fact("age")
    years = [each for each in age.alternatives or (age.value,) if isinstance(each, int | float)]
    return patient.fact("sex").value != "male" and (not years or min(years) <= CHILDBEARING)


def _open(rule: CareGap, patient: Assessed) -> Iterator[str]:
    """What is not known and could speak against it, or could show that nothing is missing."""
    for name in filter(None, (*rule.unless, rule.missing)):
        if doubt := patient.doubt(name):
            yield f"{value_sets.label(name)}: {doubt}"
    if rule.missing and patient.fact(rule.missing).notes:
        yield f"{value_sets.label(rule.missing)}: {patient.fact(rule.missing).notes[0].text}"
    for bound in rule.against:
        if bound.needed and not proves(
            patient.fact(bound.name), OPPOSITE[bound.operator], bound.limit
        ):
            yield f"{value_sets.label(bound.name)} is not known"
    if rule.allergic and _in_doubt(patient.fact("allergies")):
        yield "allergies are not wholly known"
    if rule.unmeasured and unusable(patient.fact(rule.unmeasured)):
        yield f"{value_sets.label(rule.unmeasured)} may have been measured"


def _in_doubt(fact: Fact) -> bool:
    return fact.state is State.NOT_GIVEN or bool(fact.alternatives or fact.notes)
