"""The table of rules on orders: every `*.toml` of this room, one row a rule."""

from collections.abc import Iterator, Mapping
from importlib.resources import files
from itertools import chain

import msgspec

from cds_hooks.clinical.sources import Rule, RuleSource
from cds_hooks.engine.patient import Assessed


class OrderRule(
    Rule, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab", omit_defaults=True
):
    """One rule on orders, beside what every rule has.

    `check` is the function that looks at it, `grade` that of the recommendation ("" where none is
    printed). `drugs` are the classes of which one must be a draft, or the other drug of a pair, and
    `ingredients` single drugs in their place;
    `beside` are classes of which one must be on the chart or another draft; `recorded` are
    conditions of which one must be on the chart; `unless` are conditions or classes that silence
    it; `needs` are the measured facts that it reads. `finding` is what to do, in the words of a
    summary: `{drug}` is the draft, `{other}` what it must not meet. `limit` is in `unit`;
    `within_days` is how long ago what is recorded may have begun (0: ever). Where the rule
    `removes`, a site may have the draft's removal suggested.

    A rule on a measured fact holds from `above` (included) to `limit` (included if `at_limit`).
    `most_a_day` and `least_a_day` are in mg, or mg for each kg of weight if `per_kg`: a draft
    beyond them is told; without either any dose is. From `from_age` years on, and above
    `over_weight` kg, where those are given. `answers` are the phenotypes of a genomic rule.
    """

    check: str
    drugs: tuple[str, ...] = ()
    ingredients: tuple[str, ...] = ()
    grade: str = ""
    beside: tuple[str, ...] = ()
    recorded: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    unit: str = ""
    within_days: int = 0
    removes: bool = False
    above: float = 0.0
    at_limit: bool = False
    most_a_day: float | None = None
    least_a_day: float | None = None
    per_kg: bool = False
    from_age: float = 0.0
    over_weight: float = 0.0
    answers: tuple[str, ...] = ()
    off_by_default: bool = False
    key: str = ""

    @property
    def listed(self) -> tuple[str, ...]:
        """The conditions and drug classes that it reads from the chart's lists."""
        return (*self.drugs, *self.beside, *self.recorded, *self.unless)


class Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One file: its sources by key, and its rules by key, the most severe first."""

    sources: Mapping[str, RuleSource]
    rules: Mapping[str, OrderRule]


def _table(name: str, content: bytes) -> Table:
    table = msgspec.toml.decode(content, type=Table)
    rules = {key: msgspec.structs.replace(rule, key=key) for key, rule in table.rules.items()}
    if lacking := {each.source for each in rules.values()} - set(table.sources):
        raise KeyError(f"{name}: {', '.join(sorted(lacking))}")
    return Table(sources=table.sources, rules=rules)


_FOLDER = files("cds_hooks").joinpath("clinical/orders")
TABLES: Mapping[str, Table] = {
    each.name: _table(each.name, each.read_bytes())
    for each in sorted(_FOLDER.iterdir(), key=lambda each: each.name)
    if each.name.endswith(".toml")
}
"""The tables by the name of their file."""

RULES: Mapping[str, OrderRule] = dict(
    chain.from_iterable(table.rules.items() for table in TABLES.values())
)
"""Every rule by its key."""

SOURCES: Mapping[str, RuleSource] = {
    key: table.sources[rule.source]
    for table in TABLES.values()
    for key, rule in table.rules.items()
}
"""Where each rule was read, by the key of the rule."""

LISTED: tuple[str, ...] = tuple(
    dict.fromkeys(chain.from_iterable(rule.listed for rule in RULES.values()))
)
"""Every condition and drug class that a rule reads from the chart."""


def in_force(check: str, patient: Assessed) -> Iterator[OrderRule]:
    """The rules that a check looks at, without those that are off here.

    A rule is off whose source was not read, or which is off by default, until the site turns it on;
    any is off that the site turned off.
    """
    for key, rule in RULES.items():
        if rule.check != check:
            continue
        on = bool(SOURCES[key].locator) and not rule.off_by_default
        if patient.rules.get(key, on):
            yield rule


def limit(rule: OrderRule, patient: Assessed) -> float:
    """The threshold of a rule: the site's own, or the one printed in its source."""
    return patient.threshold(rule.key, rule.limit)
