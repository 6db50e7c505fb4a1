"""Drafts the reviewed code tables from published value sets, by the rules beside this file.

    python tools/value_sets/draft.py published_value_sets.csv          # writes the tables
    python tools/value_sets/draft.py published_value_sets.csv --check  # fails where they differ

The CSV of published sets has the columns set, title, version, system, code, display and source. For
each code of a set that `published_sets.csv` takes into a group, the first rule of the group that
fits decides: `take` gives its condition concepts, `leave` the reason; every `add` rule that fits
adds concepts to those taken. A pattern is a regular expression over the display in lower case. What
the tables already read is taken as it is read there: an ICD-10-CM code of `condition_codes.csv`, a
measurement of `codes.csv`, an answer of `answers.csv`; and a drug is of the classes of the
ingredients that its display names. Displays are used to
decide and never written: labels are the project's own words.
"""

import csv
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from io import StringIO
from pathlib import Path

from fhir_adapters.terminology import value_sets
from fhir_adapters.terminology.condition_codes import conditions_listed
from fhir_adapters.terminology.coverage import SYSTEMS
from fhir_adapters.terminology.reviewed import OTHER_THAN_CONDITIONS
from fhir_adapters.terminology.tables import rows
from fhir_adapters.terminology.value_sets import (
    answer,
    conditions,
    measured_by,
    medication_classes_listed,
    medication_classes_named,
)

HERE = Path(__file__).parent
TABLES = HERE.parents[1] / "fhir_adapters" / "data" / "reviewed"
COLUMNS = ("system", "code", "decision", "meaning", "standing", "label", "source")
_QUALIFIERS = (
    ("acute", r"\bacute\b"),
    ("chronic", r"\bchronic\b"),
    ("past", r"^history of|^old |\bsequela|late effect"),
    ("resolved", r"\bresolved\b"),
    ("left", r"\bleft\b(?! without)"),
    ("right", r"\bright\b"),
    ("procedure", r"\(procedure\)|\(regime/therapy\)"),
    ("stage 1", r"stage 1\b"),
    ("stage 2", r"stage 2\b"),
    ("stage 3", r"stage 3\b"),
    ("stage 3a", r"stage 3a\b"),
    ("stage 3b", r"stage 3b\b"),
    ("stage 4", r"stage 4\b"),
    ("stage 5", r"stage 5\b"),
    ("first trimester", r"first trimester"),
    ("second trimester", r"second trimester"),
    ("third trimester", r"third trimester"),
)


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of rules.csv, its pattern compiled."""

    decision: str
    meaning: frozenset[str]
    standing: str
    pattern: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Published:
    """One code of the sets of a group: how it is displayed there and who published it."""

    system: str
    code: str
    display: str
    source: str


@cache
def rules(group: str) -> tuple[Rule, ...]:
    """The rules of a group, in their order."""
    with (HERE / "rules.csv").open(encoding="utf-8", newline="") as file:
        return tuple(
            Rule(
                row["decision"],
                frozenset(row["meaning"].split()),
                row["standing"],
                re.compile(row["pattern"]),
            )
            for row in csv.DictReader(file)
            if row["group"] == group
        )


def decided(group: str, each: Published) -> tuple[str, frozenset[str], str]:
    """The decision on a code, what it means or why it is left out, and its standing."""
    if each.system == "icd10":
        known = conditions_listed("icd10", each.code)
        if known & concepts_of(group):
            return "taken", narrowest(known), ""
    known = listed(group, each)
    if known:
        return "taken", known, ""
    text = each.display.casefold()
    for rule in rules(group):
        if rule.decision != "add" and rule.pattern.search(text):
            if rule.decision == "leave":
                return "left", rule.meaning, ""
            return "taken", rule.meaning | added(group, text), rule.standing
    if group == "drugs" and medication_classes_named(text) is not None:
        return "left", frozenset({"no-class"}), ""
    raise SystemExit(f"undecided: {group} {each.system} {each.code}")


def listed(group: str, each: Published) -> frozenset[str]:
    """What the tables of measurements, answers and drugs say of a code."""
    if group == "measurements":
        return frozenset(filter(None, [measured_by(each.system, each.code)]))
    if group == "answers":
        said = answer("smoking_status", each.system, each.code)
        return frozenset({f"smoking_status={said}"}) if said else frozenset()
    if group == "drugs":
        classes = medication_classes_listed(each.system, each.code)
        return classes or medication_classes_named(each.display) or frozenset()
    return frozenset()


def concepts_of(group: str) -> frozenset[str]:
    """The concepts that a group is about: those its `take` rules name."""
    named = (rule.meaning for rule in rules(group) if rule.decision == "take")
    return frozenset().union(*named)


def added(group: str, text: str) -> frozenset[str]:
    """What the `add` rules of a group say besides."""
    fitting = (r.meaning for r in rules(group) if r.decision == "add" and r.pattern.search(text))
    return frozenset().union(*fitting)


def narrowest(keys: frozenset[str]) -> frozenset[str]:
    """Without the concepts that another of them is a part of."""
    wider = {key for key in keys if frozenset(conditions()[key].includes) & keys}
    return keys - wider or keys


def label(group: str, each: Published, decision: str, meaning: frozenset[str]) -> str:
    """What the code is, in the project's own words."""
    if decision == "left":
        return f"{group.replace('_', ' ')}: {' '.join(meaning).replace('-', ' ')}"
    if group == "answers":
        concept, _, meant = next(iter(meaning)).partition("=")
        return f"{value_sets.label(concept)}: {meant}"
    names = "; ".join(value_sets.label(key) for key in sorted(meaning))
    if group in OTHER_THAN_CONDITIONS:
        return names
    text = each.display.casefold()
    said = [word for word, pattern in _QUALIFIERS if re.search(pattern, text)]
    return f"{names} ({', '.join(said)})" if said else names


def published(path: Path) -> Iterator[tuple[str, Published]]:
    """Every code of the mapped sets by its group, once."""
    groups = {row["set"]: row for row in rows("published_sets") if row["group"]}
    found: defaultdict[tuple[str, str, str], list[tuple[str, str]]] = defaultdict(list)
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            mapped = groups.get(row["set"])
            if mapped and row["system"] in SYSTEMS:
                key = mapped["group"], SYSTEMS[row["system"]], row["code"]
                found[key].append((row["display"], mapped["publisher"]))
    for (group, system, code), said in found.items():
        sources = " ".join(sorted({publisher for _, publisher in said}))
        yield group, Published(system, code, said[0][0], sources)


def table(group: str, codes: Iterable[Published]) -> str:
    """The CSV of a group."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for each in sorted(codes, key=lambda one: (one.system, one.code)):
        decision, meaning, standing = decided(group, each)
        named = " ".join(sorted(meaning))
        said = label(group, each, decision, meaning)
        writer.writerow((each.system, each.code, decision, named, standing, said, each.source))
    return text.getvalue()


def main(path: Path, *, check: bool) -> int:
    """Writes every table, or tells which differ."""
    by_group: defaultdict[str, list[Published]] = defaultdict(list)
    for group, each in published(path):
        by_group[group].append(each)
    differing = []
    for group, codes in sorted(by_group.items()):
        file = TABLES / f"{group}.csv"
        made = table(group, codes)
        if check and file.read_text(encoding="utf-8") != made:
            differing.append(group)
        elif not check:
            file.write_text(made, encoding="utf-8")
    print("differ: " + ", ".join(differing) if differing else f"{len(by_group)} tables")
    return 1 if differing else 0


if __name__ == "__main__":
    arguments = [each for each in sys.argv[1:] if each != "--check"]
    sys.exit(main(Path(arguments[0]), check="--check" in sys.argv))
