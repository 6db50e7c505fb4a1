"""How much of the published value sets the reviewed tables decide on, by group and system."""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from fhir_adapters.terminology.reviewed import Decision, decisions, groups, published_sets

SYSTEMS = {
    "SNOMED CT": "snomed",
    "ICD-10-CM": "icd10",
    "LOINC": "loinc",
    "RxNorm": "rxnorm",
}
"""The names of code systems in a CSV of published value sets, and ours."""

_NAMES = {ours: theirs for theirs, ours in SYSTEMS.items()}


@dataclass(frozen=True, slots=True)
class Undecided:
    """A published code that no review has decided on; `group` is "" for a set not looked at."""

    group: str
    system: str
    code: str


def undecided(file: Path) -> tuple[Undecided, ...]:
    """The codes of a CSV of published value sets, and the sets, that nothing decides on."""
    mapped = {each.set: each.group for each in published_sets()}
    decided = {(d.group, d.system, d.code) for group in groups() for d in decisions(group)}
    found: dict[Undecided, None] = {}
    with file.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            group = mapped.get(row["set"])
            system = SYSTEMS.get(row["system"], row["system"])
            if group is None or (group and (group, system, row["code"]) not in decided):
                found[Undecided(group or "", system, row["code"])] = None
    return tuple(found)


def covered(open_codes: Sequence[Undecided] = ()) -> Iterator[tuple[str, ...]]:
    """A row for each group and system: codes, taken, left out, undecided, and why left out."""
    waiting = Counter((each.group, each.system) for each in open_codes)
    for group in groups():
        by_system: dict[str, list[Decision]] = {}
        for each in decisions(group):
            by_system.setdefault(each.system, []).append(each)
        for system in sorted(by_system):
            yield _row(group, system, by_system[system], waiting.pop((group, system), 0))
    for (group, system), number in sorted(waiting.items()):
        yield group or "(a set that was not looked at)", system, "0", "0", "0", str(number), ""


def _row(group: str, system: str, decided: Iterable[Decision], undecided: int) -> tuple[str, ...]:
    told = list(decided)
    taken = sum(each.taken for each in told)
    reasons = Counter(reason for each in told if not each.taken for reason in each.meaning)
    why = ", ".join(f"{reason} {number}" for reason, number in reasons.most_common())
    counts = (len(told) + undecided, taken, len(told) - taken, undecided)
    return group, _NAMES.get(system, system), *map(str, counts), why


def taken_by_concept() -> Iterator[tuple[str, str, str]]:
    """A row for each concept and system: how many published codes are taken as it."""
    counted: Counter[tuple[str, str]] = Counter()
    for group in groups():
        for each in decisions(group):
            named = {key.partition("=")[0] for key in each.meaning}
            counted.update((key, each.system) for key in named if each.taken)
    for (key, system), number in sorted(counted.items()):
        yield key, _NAMES.get(system, system), str(number)
