"""Entries of a list that were sent but could not be placed, and so may record what is asked for.

"There is no record of it" is a claim, and true only where every entry of the list was read and
placed: known to be a certain thing, or known to be none that is asked for. An entry that was not
weighs as "may be recorded". It never makes a fact true, it only takes away the claim that it is
not: a fact that nothing else supports keeps its False, with a note of the code MAY_BE_RECORDED.

`data/unplaced.csv` names every cause. It suspends every claim of its list ("list"), or those that
its codes and its text could answer ("named", any where they name nothing), or only those about the
drug that it is known to be ("own").
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from fhir_adapters.record import DropCode, Dropped, Note, NoteCode, PatientRecord
from fhir_adapters.terminology.tables import rows

LISTS: Mapping[str, str] = MappingProxyType(
    {
        "AllergyIntolerance": "allergies",
        "Condition": "conditions",
        "Device": "devices",
        "DeviceUsage": "devices",
        "DeviceUseStatement": "devices",
        "Encounter": "encounters",
        "MedicationAdministration": "medications",
        "MedicationDispense": "medications",
        "MedicationOrder": "medications",
        "MedicationRequest": "medications",
        "MedicationStatement": "medications",
        "Procedure": "procedures",
    }
)
"""The prefetch key of the list in which resources of a type stand."""

_ELSEWHERE = frozenset({"patient", *LISTS.values()})
_NAMES = {
    "allergies": "the list of allergies",
    "conditions": "the problem list",
    "devices": "the list of devices",
    "encounters": "the list of encounters",
    "medications": "the medication list",
    "procedures": "the list of procedures",
}
_TEXTS = MappingProxyType({DropCode(row["cause"]): row["text"] for row in rows("unplaced")})


def _suspending(what: str) -> frozenset[DropCode]:
    return frozenset(DropCode(row["cause"]) for row in rows("unplaced") if row["suspends"] == what)


_OWN = _suspending("own")

CAUSES = frozenset(_TEXTS)
"""Every cause for which an entry of a list may record what is asked for."""

WHOLE_LIST = _suspending("list")
"""Those of which it cannot be told what the entry may be."""


def remarks(record: PatientRecord, key: str, name: str) -> tuple[Note, ...]:
    """Why the list under a prefetch key leaves open whether it holds `name`; none if it does not.

    `name` is a condition or a medication class, or "" for what only a whole list can answer.
    """
    found = [e for e in record.dropped if e.code in CAUSES and _may_hold(e, key, name)]
    if not found:
        return ()
    own = dict.fromkeys(_TEXTS[each.code] for each in found if each.code in _OWN)
    others = Counter(_TEXTS[each.code] for each in found if each.code not in _OWN)
    texts = [f"an order is on the list, but {text}" for text in own]
    if others:
        count = others.total()
        entries = "1 entry" if count == 1 else f"{count} entries"
        why = "; ".join(sorted(others))
        texts.append(f"{_NAMES.get(key, 'the list')} has {entries} that may be it ({why})")
    return tuple(Note(NoteCode.MAY_BE_RECORDED, text) for text in texts)


def _may_hold(dropped: Dropped, key: str, name: str) -> bool:
    return _in_list(dropped, key) and (dropped.may_be is None or name in dropped.may_be)


def _in_list(dropped: Dropped, key: str) -> bool:
    """Whether it stands in the list of that key, which its type tells before the key it came in."""
    kind = dropped.source.reference.partition("/")[0]
    if kind == "Observation":
        return key not in _ELSEWHERE
    return LISTS.get(kind, dropped.key) in ("", key)


def doubts(notes: tuple[Note, ...]) -> Iterator[str]:
    """Of the notes on a fact that is not recorded those that take away the claim that it is not."""
    return (note.text for note in notes if note.code is NoteCode.MAY_BE_RECORDED)
