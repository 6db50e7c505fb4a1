"""The rules of vital signs that no score covers, from `vital_signs.toml`."""

from collections.abc import Mapping
from importlib.resources import files

import msgspec

from cds_hooks.clinical.sources import Rule, RuleSource


class PressureRule(Rule, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """A rule of a blood pressure, either of which calls: the limits, in mmHg, are included."""

    systolic: float
    diastolic: float


class VitalRules(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"
):
    """All of them."""

    sources: Mapping[str, RuleSource]
    peri_arrest: Rule
    coma: Rule
    maternity: Rule
    severe_hypertension: Rule
    hypertension: Rule
    severe_pressure: PressureRule

    def source(self, rule: Rule) -> RuleSource:
        """Where the rule was read."""
        return self.sources[rule.source]


VITALS: VitalRules = msgspec.toml.decode(
    files("cds_hooks").joinpath("clinical/vital_signs.toml").read_bytes(), type=VitalRules
)
