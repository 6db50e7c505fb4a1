"""Where a clinical rule was read: a rule whose source has no locator is off."""

from typing import Literal

import msgspec


class RuleSource(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One source of rules: what it is called on a card, its year, and where it was read.

    `locator` is a web address, or a repository with path and commit; "" where it was not read.
    """

    label: str
    year: int
    organisation: str
    licence: str
    locator: str = ""

    @property
    def cited(self) -> str:
        """The source as a clinician reads it."""
        return f"{self.label} {self.year}"

    @property
    def url(self) -> str:
        """Its web address, if its locator is one."""
        return self.locator if self.locator.startswith("https://") else ""


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """What was found and what to do about it; `actions` are keys of `actions.toml`.

    `source` is the key of its source, `section` where in it the rule stands, `printed` the value as
    it is printed there. Without an indicator it speaks only together with something else.
    """

    topic: str
    indicator: Literal["", "warning", "critical"]
    finding: str
    advice: str
    source: str
    section: str
    printed: str
    actions: tuple[str, ...]
    limit: float = 0.0
