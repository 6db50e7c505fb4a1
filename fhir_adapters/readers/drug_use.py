"""What an order of a drug amounts to: where it acts, at what dose, and whether it says to stop.

The classes of a drug are those of its ingredients, given to act on the whole body at a full dose.
A gel, an eye drop or a patch of an NSAID acts where it is put; a heparin that flushes a line is no
anticoagulation and one at a prophylactic dose none that treats; aspirin is an antiplatelet at a low
dose and an NSAID at the dose for pain. The words, routes and doses are in `data/drug_*.csv`.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from fhir_adapters.r4.datatypes import CodeableConcept
from fhir_adapters.r4.unusable import Unusable
from fhir_adapters.readers.dosage import Dose
from fhir_adapters.record import DropCode, Note, NoteCode
from fhir_adapters.terminology.systems import system_name
from fhir_adapters.terminology.tables import rows

_DOSE_ASSUMED = Note(
    NoteCode.DOSE_ASSUMED,
    "taken as prophylactic by its strength: how often it is given is not said",
)


def _whole(words: Iterable[str]) -> re.Pattern[str]:
    """Finds any of the words as a whole one that is no part of a compound ("capsule-shaped")."""
    any_of = "|".join(sorted(map(re.escape, words), key=len, reverse=True))
    return re.compile(rf"(?<![\w-])(?:{any_of})(?![\w-])")


def _forms(acts: str, of: str) -> list[str]:
    generic = [row["word"] for row in rows("dose_forms") if row["acts"] == acts]
    own = [
        row["word"]
        for row in rows("drug_forms")
        if row["acts"] == acts and row["class"] in ("", of)
    ]
    return [*generic, *own]


def _words(kind: str) -> list[str]:
    return [row["words"] for row in rows("drug_words") if row["kind"] == kind]


_CLASSES = [row["key"] for row in rows("medication_classes")]
_LOCALLY = {name: _whole(_forms("locally", name)) for name in _CLASSES}
_SYSTEMICALLY = _whole(_forms("systemically", ""))
_ROUTES = {(row["system"], row["code"]): (row["acts"], row["class"]) for row in rows("drug_routes")}
_FLUSH = _whole(_words("flush"))
_STOP, _HOLD = _whole(_words("stop")), _whole(_words("hold"))
_IN_A_CASE = _whole(("after", "before", "for", "if", "in", "unless", "when"))
_HEPARIN = _whole(("heparin",))
_DOSES = rows("drug_doses")

DOSED = frozenset(row["class"] for row in _DOSES)
"""The classes of which the dose tells what a drug is used for."""

_CONTINUOUS = _whole(("infusion", "drip", "continuous"))


@dataclass(frozen=True, slots=True)
class Use:
    """The classes that a drug counts as, and those that it may count as too."""

    classes: frozenset[str]
    may_be: frozenset[str] = frozenset()
    notes: tuple[Note, ...] = ()


def check_words(texts: Iterable[str]) -> None:
    """Raises Unusable for a drug whose name or instructions begin with the word to stop or hold it.

    "Stop two days before surgery" and "hold if bleeding" are said of a drug that is taken.
    """
    for each in texts:
        text = each.strip().casefold()
        if _IN_A_CASE.search(text):
            continue
        if _STOP.match(text):
            raise Unusable(DropCode.NOT_TAKEN, "its text says to stop it")
        if _HOLD.match(text):
            raise Unusable(DropCode.ON_HOLD, "its text says to hold it")


def used(
    classes: frozenset[str],
    names: Iterable[str],
    *,
    instructions: Iterable[str] = (),
    routes: Iterable[CodeableConcept] = (),
    dose: Dose | None = None,
    as_needed: bool = False,
) -> Use:
    """What a drug of these classes is used as.

    `names` are the texts of its name, form and route, `instructions` those of how to take it.
    """
    name = " | ".join(names).casefold()
    text = " | ".join((name, *instructions)).casefold()
    coded = list(routes)
    acting = frozenset(each for each in classes if not _is_local(each, name, coded))
    if "anticoagulant" in acting and _HEPARIN.search(text) and _FLUSH.search(text):
        return Use(acting - {"anticoagulant"} | {"heparin_flush"})
    if dose is None:
        return Use(acting)
    for row in _DOSES:
        if row["class"] in acting and row["unit"] == dose.unit and row["name"] in name:
            return _by_dose(acting, row, dose, text=text, as_needed=as_needed)
    return Use(acting)


def _by_dose(
    classes: frozenset[str], row: Mapping[str, str], dose: Dose, *, text: str, as_needed: bool
) -> Use:
    most_at_once = (
        row["most_as_needed"] if as_needed and row["most_as_needed"] else row["most_at_once"]
    )
    a_day = dose.amount * (dose.times or 0)
    full = dose.amount > float(most_at_once) or a_day > float(row["most_a_day"])
    if row["beyond"]:  # another class beside its own at a higher dose
        return Use(classes | {row["beyond"]} if full else classes)
    if full or _CONTINUOUS.search(text):
        return Use(classes)
    low = classes - {row["class"]} | {row["as"]}
    return Use(low) if dose.times else Use(low, frozenset({row["class"]}), (_DOSE_ASSUMED,))


def _is_local(name: str, text: str, routes: list[CodeableConcept]) -> bool:
    known = [
        found
        for route in routes
        for coding in route.coding or ()
        if (found := _ROUTES.get((system_name(coding.system) or "", (coding.code or "").strip())))
    ]
    if known:
        return any(acts == "locally" and of in ("", name) for acts, of in known)
    return bool(_LOCALLY[name].search(text)) and not _SYSTEMICALLY.search(text)
