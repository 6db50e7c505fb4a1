"""The rules on draft orders, as the Markdown of `docs/order-rules.md`, from their tables."""

from collections.abc import Iterator

from cds_hooks.clinical.orders.rule_table import SOURCES, TABLES, OrderRule
from cds_hooks.clinical.sources import RuleSource
from cds_hooks.engine.card_text import label

INTRODUCTION = """\
# Rules on draft orders

<!-- Written by `python -m cds_hooks.docgen.order_rules > docs/order-rules.md`. -->

Research use; not a medical device. `medication-safety` (order-sign) and `medication-safety-select`
(order-select) look in draft orders for the dangers of the tables below and for no others: **this is
no complete interaction checker**, and where it is silent nothing is said of an order. It is for
adults. order-select speaks of the drafts that are selected, order-sign of all; a draft is compared
with the chart and with the other drafts. What only may be on the chart (ordered more than a year
ago, not confirmed, not to be placed) is shown to be checked where it would be life-threatening.
What could not be used is named in one card of its own: a draft without a drug that is known here,
one of another patient, a list that was not given.

A row says what it needs, the value as its source prints it, and what a card says. **A row whose
source was not read is off**, and so is one that is off by default, until a site turns it on:

```toml
[services.medication-safety]
rules = { anticoagulant-nsaid = false, side-chain-ceftazidime = true }
thresholds = { potassium-raas = 5.5 }
remove_drafts = true

[services.medication-safety-select]
rules = { anticoagulant-nsaid = false }
```

The two services are set apart from each other. With `remove_drafts` a card may suggest to delete
the draft by its temporary id, where the table says so: never one of a drug that the chart lists
already, because an opioid, a benzodiazepine, a beta blocker, a steroid or an antiepileptic that is
taken must not be stopped abruptly. Nothing is ever done unasked: no `systemActions`. A dose is told
only as a label or guideline prints it for what is on the chart, and never written into a draft;
where indication, weight or a stable creatinine is missing, that is said and no dose. Advice on a
dose is a medical device's to the FDA and under the EU's MDR: a site can turn those rows off.

Where a site withholds cards (`fatigue`), one that its user answered is not shown again for the same
draft and chart, at signing too; what is critical always is, and so is any card when the draft or
the chart has changed.

Duplicates are told in the listed classes only. Silent, because it is expected: a drug that is
renewed, one to be taken as needed, heparin beside a vitamin K antagonist until the INR is in range,
a long-acting with a short-acting opioid, and whatever is in no listed class, such as dual
antiplatelet therapy, an antiplatelet with an anticoagulant, and basal with bolus insulin.
"""

HEAD = ("Rule", "Needs", "As printed", "What is said", "Source, section, grade", "Licence")
TITLES = {
    "pairs.toml": "Drugs that must not meet",
    "conditions.toml": "Drugs and recorded conditions",
    "allergies.toml": "Allergies",
    "pregnancy.toml": "Pregnancy",
    "duplicates.toml": "Duplicates",
    "kidney.toml": "Kidney function and potassium",
    "doac.toml": "Direct oral anticoagulants: dose",
    "qt.toml": "QT interval",
    "opioids.toml": "Opioids",
    "genomics.toml": "Pharmacogenomics",
}
MEASURES = {"creatinine_clearance": "creatinine clearance (Cockcroft-Gault, actual weight)"}
"""What a rule reads that is no single fact."""


def document() -> str:
    """The whole document."""
    return "\n".join([INTRODUCTION, *(_section(name) for name in sorted(TABLES, key=_place))])


def _place(name: str) -> tuple[int, str]:
    known = list(TITLES)
    return (known.index(name) if name in known else len(known)), name


def _section(name: str) -> str:
    title = TITLES.get(name, name.removesuffix(".toml").replace("_", " ").capitalize())
    rows = [_row(key, rule) for key, rule in TABLES[name].rules.items()]
    lines = (f"| {' | '.join(_cell(cell) for cell in row)} |" for row in (HEAD, *rows))
    head, *body = lines
    return "\n".join([f"## {title}", "", head, "|---" * len(HEAD) + "|", *body, ""])


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _row(key: str, rule: OrderRule) -> tuple[str, ...]:
    source = SOURCES[key]
    off = "" if source.locator and not rule.off_by_default else " (off)"
    removes = "; may suggest to delete the draft" if rule.removes else ""
    said = f"{rule.indicator or 'info'}: **{rule.finding}** {rule.advice}{removes}"
    where = "; ".join(filter(None, (_source(source), rule.section, rule.grade)))
    return f"`{key}`{off}", "; ".join(_needs(rule)), _printed(rule), said, where, source.licence


def _source(source: RuleSource) -> str:
    if not source.locator:
        return source.label
    linked = f"[{source.cited}]({source.url})" if source.url else source.cited
    return f"{linked} ({source.organisation})" + ("" if source.url else f", {source.locator}")


def _printed(rule: OrderRule) -> str:
    limit = f" Threshold {rule.limit:g} {rule.unit}." if rule.limit else ""
    return f"“{rule.printed}”{limit}" if rule.printed else "not read"


def _needs(rule: OrderRule) -> Iterator[str]:
    drafts = ", ".join((*map(label, rule.drugs), *rule.ingredients))
    yield f"draft: {drafts or 'any drug'}"
    if rule.beside:
        yield f"with: {', '.join(map(label, rule.beside))}"
    if rule.recorded:
        within = f" within {rule.within_days} days" if rule.within_days else ""
        yield f"recorded: {', '.join(map(label, rule.recorded))}{within}"
    if rule.check.startswith("pregnancy"):
        yield "recorded: Pregnancy" if rule.check == "pregnancy" else "pregnancy is possible"
    if rule.check.startswith(("allergy", "side")):
        yield "an allergy to it"
    if rule.unless:
        yield f"not with: {', '.join(map(label, rule.unless))}"
    if rule.needs:
        yield f"reads: {', '.join(MEASURES.get(name) or label(name) for name in rule.needs)}"
    yield from _doses(rule)


def _doses(rule: OrderRule) -> Iterator[str]:
    """The bounds of a rule on doses or phenotypes."""
    unit = "mg/kg a day" if rule.per_kg else "mg a day"
    if rule.above:
        yield f"from {rule.above:g} {rule.unit} on"
    if rule.from_age:
        yield f"from {rule.from_age:g} years on"
    if rule.over_weight:
        yield f"above {rule.over_weight:g} kg"
    if rule.most_a_day is not None:
        yield f"more than {rule.most_a_day:g} {unit}"
    if rule.least_a_day is not None:
        yield f"less than {rule.least_a_day:g} {unit}"
    if rule.answers:
        yield f"answer: {', '.join(rule.answers)}"


if __name__ == "__main__":
    print(document(), end="")
