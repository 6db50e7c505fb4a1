"""Decisions on the codes of published value sets: what each is taken to mean, or why it is not.

`data/published_sets.csv` names every published set that was looked at and the group of codes that
it is part of. `data/reviewed/<group>.csv` has a row for each code of these sets, drafted by
`tools/value_sets` and then reviewed: `taken` with the condition concepts it records, or `left` with
one of `REASONS`. Nothing of a mapped set is left out without a row.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from fhir_adapters.terminology.tables import rows

REASONS: Mapping[str, str] = MappingProxyType(
    {
        "access-only": "an access or catheter for dialysis, which may be there without it",
        "administrative": "a referral, review, plan, diet, education or place of care",
        "adverse-reaction": "an allergy or a reaction to what is used in a treatment",
        "ambiguous": "it stands for more than one thing, or for the thing only sometimes",
        "at-risk": "a higher risk of the disease, not the disease",
        "complication": "a complication of a treatment that does not prove that it goes on",
        "dependence": "dependence on a device or aid for whatever reason",
        "device-event": "an accident with, or a setting of, a device or vehicle",
        "ended-pregnancy": "a delivery, a termination, or the time after it",
        "examination": "an examination or image, which proves nothing of its result",
        "finding-only": "a sign, a single reading or a classification, not the disease",
        "history-only": "an obstetric history, not a present state",
        "morphology": "what is seen under a microscope, not a disease of a patient",
        "newborn-or-fetus": "of a fetus, a newborn or a malformation",
        "not-a-condition": "a substance or product",
        "other-disease": "another disease",
        "planned": "planned or considered, not done",
        "pregnancy-only": "high blood pressure of pregnancy, which ends with it",
        "procedure-other": "a procedure that is also done for other reasons",
        "screening": "a screening test or its result",
        "suspected": "suspected or possible",
    }
)
"""Every reason for which a code may be left out, explained."""

STANDINGS = frozenset({"", "history", "resolved"})
"""How a code that is taken counts: as it is recorded, as history, or as the end of the disease."""


@dataclass(frozen=True, slots=True)
class Decision:
    """The decision on one code: `meaning` are concepts if it is taken, else the reason alone."""

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
