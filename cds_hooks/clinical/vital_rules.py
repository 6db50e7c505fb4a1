"""The rules of vital signs that no score covers, from `vital_signs.toml`."""

from collections.abc import Mapping
from importlib.resources import files

import msgspec

from cds_hooks.clinical.sources import Rule, RuleSource


class VitalRules(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"
):
    """All of them."""

    sources: Mapping[str, RuleSource]
    peri_arrest: Rule
    maternity: Rule
    severe_hypertension: Rule
    hypertension: Rule

    def source(self, rule: Rule) -> RuleSource:
        """Where the rule was read."""
        return self.sources[rule.source]


VITALS: VitalRules = msgspec.toml.decode(
    files("cds_hooks").joinpath("clinical/vital_signs.toml").read_bytes(), type=VitalRules
)
