"""What the status of a resource means: every coding of it counts, and the safest meaning wins.

A status may be told in several code systems at once, and a national extension may tell it once
more. `data/statuses.csv` ranks the meanings: that something was entered in error, or is refuted, is
never outweighed by another code that says less.
"""

from collections.abc import Iterable, Iterator, Sequence

from fhir_adapters.r4.datatypes import Code, CodeableConcept, Extension
from fhir_adapters.terminology.systems import system_name
from fhir_adapters.terminology.tables import rows

_MEANINGS = {
    (row["status"], row["system"], row["code"]): (int(row["rank"]), row["means"])
    for row in rows("statuses")
}
_RANKS = {(row["status"], row["means"]): int(row["rank"]) for row in rows("statuses")}
_CERTAINTY = {
    (row["extension"], row["code"]): (row["status"], row["means"]) for row in rows("certainty")
}


def spelled(status: str | None) -> str:
    """A status as FHIR spells it: capitals and spaces around it say nothing."""
    return (status or "").strip().lower()


def meaning(status: str, code: Code, *, beside: Sequence[str] = ()) -> str:
    """The safest of what a status, named as in the table, says in all its codings; "" if nothing.

    A plain code is one, and the text of a concept counts where no coding is known. `beside` are
    meanings of the same status that are told elsewhere.
    """
    # Nearly all are one code of HL7's own, written as it is defined.
    if not beside and (found := _MEANINGS.get((status, "", _only_code(code)))):
        return found[1]
    elsewhere = ((_RANKS[status, means], means) for means in beside)
    return min((*_told(status, code), *elsewhere), default=(0, ""))[1]


def _only_code(code: Code) -> str:
    codings = code.coding if isinstance(code, CodeableConcept) else None
    return (codings[0].code or "") if codings and len(codings) == 1 else ""


def _told(status: str, code: Code) -> list[tuple[int, str]]:
    if not isinstance(code, CodeableConcept):
        return list(_known(status, "", code))
    coded = [
        found
        for coding in code.coding or ()
        for found in _known(status, _system(coding.system), coding.code)
    ]
    return coded or list(_known(status, "", code.text))


def _system(uri: str | None) -> str:
    return "snomed" if system_name(uri) == "snomed" else ""


def _known(status: str, system: str, code: str | None) -> Iterator[tuple[int, str]]:
    text = (code or "").strip().casefold().replace(" ", "-")
    if found := _MEANINGS.get((status, system, text)):
        yield found


def certainty(extensions: Iterable[Extension]) -> Iterator[tuple[str, str]]:
    """What national extensions tell of a diagnosis: which status, and what it then means."""
    for each in extensions:
        code = each.value_code or (each.value_coding and each.value_coding.code) or ""
        for (extension, known), told in _CERTAINTY.items():
            if known == code.strip().upper() and extension in (each.url or ""):
                yield told
