"""The rules of laboratory safety: limits, findings, advice and sources from `lab_safety.toml`."""

from collections.abc import Mapping
from importlib.resources import files
from typing import Literal

import msgspec

from cds_hooks.clinical.sources import Rule, RuleSource
from fhir_adapters.facts.facts import Fact
from predictors.predictor import Input, Kind

DAYS = 90
"""How far back the results of an analyte are looked at, in days."""


class Doubtful(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"
):
    """Below which number, as sent in a unit, another unit is likelier."""

    below: float
    as_sent_in: str
    likely: str


class CriticalLimit(Rule, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """A critical limit of one concept, in `unit`; `haemolysis` makes the value falsely high.

    `stable_with` are conditions under which a known and unchanged value is quiet.
    """

    concept: str
    unit: str
    operator: Literal["<", "<=", ">", ">="]
    haemolysis: bool = False
    stable_with: tuple[str, ...] = ()
    doubtful: Doubtful | None = None


class Choice(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A number of the product's own, which a site may set."""

    value: float
    means: str
    source: str


class LabRules(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"
):
    """All of them."""

    sources: Mapping[str, RuleSource]
    course: Mapping[str, Choice]
    limits: Mapping[str, CriticalLimit]
    troponin: Mapping[str, Rule]
    hemoglobin_fall: Rule
    potassium_danger: Rule
    kidney_injury: Rule
    metformin: Rule
    anticoagulant_nsaid: Rule

    def source(self, rule: Rule) -> RuleSource:
        """Where the rule was read."""
        return self.sources[rule.source]

    def of(self, concept: str) -> Mapping[str, CriticalLimit]:
        """The limits of a concept by key, the most severe first."""
        return {key: each for key, each in self.limits.items() if each.concept == concept}

    @property
    def thresholds(self) -> tuple[str, ...]:
        """The keys of what a site may set."""
        troponin = (f"troponin-{key}" for key in self.troponin)
        return (*self.limits, *self.course, *troponin, "metformin", "hemoglobin-fall")

    @property
    def units(self) -> Mapping[str, str]:
        """The unit of each analyte that has a limit, by concept."""
        return {each.concept: each.unit for each in self.limits.values()}


RULES: LabRules = msgspec.toml.decode(
    files("cds_hooks").joinpath("clinical/lab_safety.toml").read_bytes(), type=LabRules
)

RESULTS = tuple(
    Input(concept, Kind.SERIES, unit, window="acute", hours=DAYS * 24)
    for concept, unit in (*RULES.units.items(), ("troponin_t", "ng/L"))
)
"""The results of every analyte that is looked at, as a service declares them."""


def proves(fact: Fact, operator: str, limit: float) -> bool:
    """Whether the fact certainly lies beyond the limit; "<3" proves only one side."""
    value = fact.value
    if isinstance(value, bool) or not isinstance(value, int | float) or fact.alternatives:
        return False
    if fact.bound and fact.bound[0] != operator[0]:
        return False
    # "<3" proves "<3": the bound itself is then excluded already.
    strict = len(operator) == 1 and len(fact.bound) != 1
    if operator[0] == "<":
        return value < limit if strict else value <= limit
    return value > limit if strict else value >= limit


def beyond(fact: Fact, limit: float) -> float:
    """How far a number lies beyond a limit, above or below it, as in `Finding`."""
    if not isinstance(fact.value, int | float) or not limit:
        return 1.0
    return 1.0 + abs(fact.value - limit) / abs(limit)
