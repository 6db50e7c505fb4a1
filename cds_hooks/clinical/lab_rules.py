"""The rules of laboratory safety: limits, findings and advice from `lab_safety.toml`."""

from collections.abc import Mapping
from importlib.resources import files
from typing import Literal

import msgspec

from fhir_adapters.facts.facts import Fact
from predictors.predictor import Input, Kind


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was found and what to do about it; `actions` are keys of `actions.toml`."""

    topic: str
    indicator: Literal["warning", "critical"]
    finding: str
    advice: str
    guideline: str
    actions: tuple[str, ...]
    url: str = ""


class Metformin(Rule, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The rule of metformin: `limit` is an eGFR in mL/min/1.73 m2, excluded."""

    limit: float


class CriticalLimit(Rule, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A critical limit of one concept, in `unit`."""

    concept: str
    unit: str
    operator: Literal["<", "<=", ">", ">="]
    limit: float

    @property
    def input(self) -> Input:
        """The newest value of the concept within its acute look-back."""
        return Input(self.concept, Kind.VALUE, self.unit, window="acute")


class LabRules(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"
):
    """All of them."""

    limits: Mapping[str, CriticalLimit]
    kidney_injury: Rule
    metformin: Metformin
    anticoagulant_nsaid: Rule


RULES: LabRules = msgspec.toml.decode(
    files("cds_hooks").joinpath("clinical/lab_safety.toml").read_bytes(), type=LabRules
)


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
