"""Which concept the code of an Observation, or of a part of one, names."""

from dataclasses import dataclass

from fhir_adapters.r4.datatypes import CodeableConcept, Coding
from fhir_adapters.record import Note, NoteCode
from fhir_adapters.terminology.site import SiteMap
from fhir_adapters.terminology.systems import system_name
from fhir_adapters.terminology.units import OwnUnit, own_unit
from fhir_adapters.terminology.value_sets import Concept, concepts, measured_by, unit_hint


@dataclass(frozen=True, slots=True)
class Match:
    """A recognised code: its concept, its unit, and how sure the recognition is.

    `hint` is the unit that results under the code usually come in; `own` is the one the code itself
    says, which is the unit where none was sent.

    The lowest `rank` is preferred: LOINC, national, local, SNOMED CT, and what had to be guessed.
    """

    concept: Concept
    code: str
    hint: str | None = None
    rank: int = 0
    notes: tuple[Note, ...] = ()
    own: OwnUnit | None = None


def first_code(concept: CodeableConcept | None) -> str:
    """The code of the first coding, "" if there is none."""
    return next((each.code or "" for each in (concept and concept.coding) or ()), "")


_RANKS = {"loinc": 0, "npu": 1, "gtr": 1, "ichom-molecular": 1, "snomed": 3}
_LOCAL = 2
_UNSTATED = 4
_TEXT = 5
_UNMISTAKABLE = ("loinc", "npu")
"""Systems whose codes are told by their form, and are often sent without their system."""


def match_coding(coding: Coding, site: SiteMap) -> Match | None:
    """The concept of one coding: by a system that we know or the site's own map, else None."""
    code = (coding.code or "").strip()
    if not code:
        return None
    if local := site.codes.get((coding.system or "", code)):
        return Match(concepts()[local], code, rank=_LOCAL)
    if coding.system and coding.system.strip():
        system = system_name(coding.system)
        return _match(system, code, rank=_RANKS[system]) if system in _RANKS else None
    note = Note(NoteCode.BY_NAME, "its code came without a code system")
    matches = (_match(system, code, rank=_UNSTATED, notes=(note,)) for system in _UNMISTAKABLE)
    return next(filter(None, matches), None)


def match_text(text: str, site: SiteMap) -> Match | None:
    """The concept that the site's map gives to a code's text; None if it gives none."""
    concept = site.text_codes.get(text.strip().casefold())
    if concept is None:
        return None
    note = Note(NoteCode.BY_NAME, "recognised by its text")
    return Match(concepts()[concept], "", rank=_TEXT, notes=(note,))


def _match(system: str, code: str, *, rank: int, notes: tuple[Note, ...] = ()) -> Match | None:
    concept = measured_by(system, code)
    if concept is None:
        return None
    own = own_unit(system, code)
    hint = unit_hint(system, code) or (own.unit if own else None)
    return Match(concepts()[concept], code, hint, rank, notes, own)
