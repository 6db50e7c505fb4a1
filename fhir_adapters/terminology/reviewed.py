"""Decisions on the codes of published value sets: what each is taken to mean, or why it is not.

`data/published_sets.csv` names every published set that was looked at and the group of codes that
it is part of. `data/reviewed/<group>.csv` has a row for each code of these sets, drafted by
`tools/value_sets` and then reviewed: `taken` with what it means, or `left` with one of `REASONS`.
Nothing of a mapped set is left out without a row. What is taken means condition concepts; in the
group `measurements` the concept that is measured, in `drugs` the classes of the drug, and in
`answers` the concept and the answer, as `smoking_status=never`.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from types import MappingProxyType

from fhir_adapters.terminology.tables import rows

REASONS: Mapping[str, str] = MappingProxyType(
    {
        "access-only": "an access or catheter for dialysis, which may be there without it",
        "acts-locally": "a drug that acts only where it is put",
        "administrative": "a referral, review, plan, diet, education or place of care",
        "adverse-reaction": "an allergy or a reaction to what is used in a treatment",
        "ambiguous": "it stands for more than one thing, or for the thing only sometimes",
        "at-risk": "a higher risk of the disease, not the disease",
        "by-race": "an equation that depends on race",
        "complication": "a complication of a treatment that does not prove that it goes on",
        "dependence": "dependence on a device or aid for whatever reason",
        "device-event": "an accident with, or a setting of, a device or vehicle",
        "dialysis-timed": "taken before or after dialysis, which changes it",
        "ended-pregnancy": "a delivery, a termination, or the time after it",
        "examination": "an examination or image, which proves nothing of its result",
        "finding-only": "a sign, a single reading or a classification, not the disease",
        "history-only": "an obstetric history, not a present state",
        "morphology": "what is seen under a microscope, not a disease of a patient",
        "newborn-or-fetus": "of a fetus, a newborn or a malformation",
        "no-class": "a drug of none of our classes, which is read as such",
        "not-a-condition": "a substance or product",
        "other-disease": "another disease",
        "other-quantity": "a part, a goal or another quantity than ours",
        "other-question": "it answers another question",
        "other-site": "of another specimen or place of the body",
        "other-substance": "of something that is not smoked tobacco",
        "other-time": "of a time that its date does not tell",
        "panel": "a panel, whose members are read",
        "planned": "planned or considered, not done",
        "pregnancy-only": "high blood pressure of pregnancy, which ends with it",
        "procedure-other": "a procedure that is also done for other reasons",
        "screening": "a screening test or its result",
        "semi-quantitative": "a result in steps",
        "special-conditions": "taken during exercise, anaesthesia or a test of a treatment",
        "suspected": "suspected or possible",
    }
)
"""Every reason for which a code may be left out, explained."""

OTHER_THAN_CONDITIONS = frozenset({"answers", "drugs", "measurements"})
"""The groups whose codes name classes of drugs, what is measured, or an answer."""

STANDINGS = frozenset({"", "history", "resolved"})
"""How a code that is taken counts: as it is recorded, as history, or as the end of the disease."""


@dataclass(frozen=True, slots=True)
class Decision:
    """The decision on one code: `meaning` is what it names if it is taken, else the reason."""

    group: str
    system: str
    code: str
    taken: bool
    meaning: frozenset[str]
    standing: str
    source: str


@dataclass(frozen=True, slots=True)
class PublishedSet:
    """A published value set; `group` is "" where it is not taken in, and `why` then says why."""

    set: str
    title: str
    version: str
    publisher: str
    group: str
    why: str


def published_sets() -> tuple[PublishedSet, ...]:
    """Every published set that was looked at."""
    return tuple(PublishedSet(**row) for row in rows("published_sets"))


def groups() -> tuple[str, ...]:
    """The groups of codes that were reviewed, in alphabetical order."""
    return tuple(sorted({each.group for each in published_sets() if each.group}))


def condition_groups() -> tuple[str, ...]:
    """The groups whose codes record conditions."""
    return tuple(group for group in groups() if group not in OTHER_THAN_CONDITIONS)


def decisions(group: str) -> tuple[Decision, ...]:
    """The decision on every code of a group."""
    return tuple(
        Decision(
            group=group,
            system=row["system"],
            code=row["code"],
            taken=row["decision"] == "taken",
            meaning=frozenset(row["meaning"].split()),
            standing=row["standing"],
            source=row["source"],
        )
        for row in rows(f"reviewed/{group}")
    )


REVIEWED_AGAIN = 0.05
"""The part of the codes left out that is reviewed a second time."""

_SEED = 20261130


def _lot(each: Decision) -> bytes:
    return sha256(f"{_SEED} {each.group} {each.system} {each.code}".encode()).digest()


def sample_of_left_out() -> tuple[Decision, ...]:
    """The decisions that `data/reviewed_again.csv` records a second review of: a seeded sample."""
    left = [each for group in groups() for each in decisions(group) if not each.taken]
    chosen = sorted(left, key=_lot)[: math.ceil(REVIEWED_AGAIN * len(left))]
    return tuple(sorted(chosen, key=lambda each: (each.group, each.system, each.code)))
