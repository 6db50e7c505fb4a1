"""What the chart's codes mean: concepts, conditions, medication classes and coded answers."""

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain
from types import MappingProxyType

from fhir_adapters.terminology.reviewed import decisions
from fhir_adapters.terminology.tables import rows

_PERIOD = re.compile(r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)D)?(?:T(\d+)H)?")


@dataclass(frozen=True, slots=True)
class Concept:
    """One thing a predictor may ask of the Observations.

    `unit` is the canonical UCUM unit, "" for a coded concept; `low` and `high` are the plausible
    range in it; canonical values are rounded to `precision` decimals; `cadence` is the prefetch key
    that holds it; `chronic` and `acute` are how far back a value still counts; `includes` are
    narrower concepts, of the same unit and key, whose values are values of this one too.
    """

    key: str
    label: str
    group: str
    cadence: str
    unit: str
    low: float
    high: float
    precision: int
    chronic: timedelta
    acute: timedelta
    includes: tuple[str, ...]
    note: str

    @property
    def coded(self) -> bool:
        """Whether its values are meanings of codes rather than numbers."""
        return not self.unit


@dataclass(frozen=True, slots=True)
class ConditionConcept:
    """One disease or state.

    `ever`: a resolved record still counts; `includes`: the narrower concepts it is the union of;
    `also_in`: the prefetch keys, beside the problem list, whose resources prove it.
    """

    key: str
    label: str
    ever: bool
    includes: tuple[str, ...]
    also_in: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EncounterFact:
    """One thing a predictor may ask of the encounters; `unit` is UCUM, "" where there is none."""

    key: str
    label: str
    unit: str


def look_back(text: str) -> timedelta:
    """An ISO 8601 duration in years, months, days and hours; years and months are their longest."""
    match = _PERIOD.fullmatch(text)
    if match is None or not any(match.groups()):
        raise ValueError(f"not a look-back: {text!r}")
    years, months, days, hours = (int(part or 0) for part in match.groups())
    return timedelta(days=366 * years + 31 * months + days, hours=hours)


def _concept(row: Mapping[str, str]) -> Concept:
    return Concept(
        key=row["key"],
        label=row["label"],
        group=row["group"],
        cadence=row["cadence"],
        unit=row["unit"],
        low=float(row["low"] or -math.inf),
        high=float(row["high"] or math.inf),
        precision=int(row["precision"] or 0),
        chronic=look_back(row["chronic"]),
        acute=look_back(row["acute"]),
        includes=tuple(row["includes"].split()),
        note=row["note"],
    )


def _condition(row: Mapping[str, str]) -> ConditionConcept:
    return ConditionConcept(
        key=row["key"],
        label=row["label"],
        ever=row["ever"] == "true",
        includes=tuple(row["includes"].split()),
        also_in=tuple(row["also_in"].split()),
    )


_CONCEPTS = MappingProxyType({row["key"]: _concept(row) for row in rows("concepts")})
_CONDITIONS = MappingProxyType({row["key"]: _condition(row) for row in rows("conditions")})
_ENCOUNTER_FACTS = MappingProxyType(
    {row["key"]: EncounterFact(**row) for row in rows("encounter_facts")}
)
_CLASS_LABELS = MappingProxyType({row["key"]: row["label"] for row in rows("medication_classes")})

_LABELS = {
    **{key: concept.label for key, concept in _CONCEPTS.items()},
    **{key: condition.label for key, condition in _CONDITIONS.items()},
    **_CLASS_LABELS,
    **{key: fact.label for key, fact in _ENCOUNTER_FACTS.items()},
    "age": "Age",
    "allergies": "Allergies and intolerances",
    "sex": "Sex",
}


def concepts() -> Mapping[str, Concept]:
    """Every observable concept by its key."""
    return _CONCEPTS


def conditions() -> Mapping[str, ConditionConcept]:
    """Every condition concept by its key."""
    return _CONDITIONS


def medication_classes() -> frozenset[str]:
    """The keys of the medication classes."""
    return frozenset(_CLASS_LABELS)


def encounter_facts() -> Mapping[str, EncounterFact]:
    """Everything that may be asked of the encounters, by its key."""
    return _ENCOUNTER_FACTS


def label(name: str) -> str:
    """What people call a fact of any kind, by its name; else KeyError."""
    condition = name.removesuffix("_onset_age")
    return _LABELS[name] if condition == name else f"Age at onset of {_LABELS[condition].lower()}"


_CODES = rows("codes")
_MEASURED = {(row["system"], row["code"].upper()): row["concept"] for row in _CODES}
_UNIT_HINTS = {(row["system"], row["code"].upper()): row["unit_hint"] for row in _CODES}
_PANELS = {(row["system"], row["code"]): tuple(row["holds"].split()) for row in rows("panels")}
_ANSWERS = {(row["concept"], row["system"], row["code"]): row["meaning"] for row in rows("answers")}


def measured_by(system: str, code: str) -> str | None:
    """The concept a LOINC, NPU or SNOMED CT code measures, or None."""
    return _MEASURED.get((system, code.strip().upper()))


def unit_hint(system: str, code: str) -> str | None:
    """The UCUM unit a code stands for: part of an NPU code's definition, only usual for LOINC."""
    return _UNIT_HINTS.get((system, code.strip().upper())) or None


def is_panel(system: str, code: str) -> bool:
    """Whether a code only groups other observations (a blood pressure panel, say)."""
    return (system, code.strip()) in _PANELS


def panels_of(concept: str) -> tuple[str, ...]:
    """The codes of the panels that hold a concept as a component, preferred first."""
    return tuple(code for (_, code), held in _PANELS.items() if concept in held)


def codes_of(concept: str) -> tuple[tuple[str, str], ...]:
    """The (system, code) pairs that measure a concept, preferred first."""
    return tuple((row["system"], row["code"]) for row in _CODES if row["concept"] == concept)


def answer(concept: str, system: str, code: str) -> str | None:
    """What a coded answer means for a concept ("current", "positive", "2"), or None."""
    return _ANSWERS.get((concept, system, code.strip()))


def answer_in_words(concept: str, text: str) -> str | None:
    """What an answer in words means for a concept, if the whole text is one that is known."""
    return _ANSWERS.get((concept, "text", " ".join(text.casefold().split())))


_ENCOUNTER_CODES = {
    (row["what"], row["system"], row["code"].casefold()): row["meaning"]
    for row in rows("encounter_codes")
}


def encounter_code(what: str, system: str, code: str) -> str:
    """What a code means of an encounter: its "setting", the "ward", ...; "" if it is not known.

    Settings and priorities are told by words that are the same in all their code systems.
    """
    text = code.strip().casefold()
    found = _ENCOUNTER_CODES.get((what, system, text))
    return found or _ENCOUNTER_CODES.get((what, "", text), "")


WARDS = frozenset(row["meaning"] for row in rows("encounter_codes") if row["what"] == "ward")
"""What a site may say that a place is."""


def prefixes(text: str) -> Iterable[str]:
    """Every beginning of a code: what a hierarchical code stands under."""
    return (text[:end] for end in range(1, len(text) + 1))


def _including(key: str) -> frozenset[str]:
    """The concept itself and every one that includes it, directly or through another."""
    direct = (each.key for each in _CONDITIONS.values() if key in each.includes)
    return frozenset({key}).union(*map(_including, direct))


_INCLUDING = {key: _including(key) for key in _CONDITIONS}


def wider(keys: frozenset[str]) -> frozenset[str]:
    """Adds every concept that includes one of `keys`, directly or through another."""
    return frozenset().union(*(_INCLUDING[key] for key in keys))


def narrower(keys: frozenset[str]) -> frozenset[str]:
    """Adds every concept that one of `keys` includes, directly or through another."""
    return frozenset(each for each in _CONDITIONS if _INCLUDING[each] & keys)


_OTHER_DRUGS = rows("other_drugs")


def _classes_by(system: str) -> dict[str, frozenset[str]]:
    found: defaultdict[str, set[str]] = defaultdict(set)
    for row in rows("medications"):
        if row["system"] == system:
            found[row["code"]].add(row["class"])
    return {code: frozenset(classes) for code, classes in found.items()}


def _of_no_class(column: str) -> dict[str, frozenset[str]]:
    return {row[column]: frozenset() for row in _OTHER_DRUGS if row[column]}


def _dose_forms(acts: str) -> Iterable[str]:
    return (row["word"] for row in rows("dose_forms") if row["acts"] == acts)


def _whole_words(words: Iterable[str]) -> str:
    """A pattern of one group that finds any of the words, the longest that is there."""
    return rf"\b({'|'.join(sorted(map(re.escape, words), key=len, reverse=True))})\b"


_BRAND_OF = "brand of "
_ATC = _classes_by("atc")
_ATC_CODE = re.compile(r"[ABCDGHJLMNPRSV]\d\d([A-Z]([A-Z](\d\d)?)?)?")
_INGREDIENTS = _of_no_class("rxcui") | _classes_by("rxnorm")
_CLINICAL_DRUGS = {
    row["rxcui"]: tuple(row["ingredient_rxcui"].split()) for row in rows("clinical_drugs")
}
_REVIEWED_DRUGS = {
    each.code: each.meaning if each.taken else frozenset[str]() for each in decisions("drugs")
}
BRANDS: Mapping[str, tuple[str, ...]] = {
    **{
        row["code"]: tuple(re.split(", | and ", row["display"].removeprefix(_BRAND_OF)))
        for row in rows("medications")
        if row["system"] == "name" and row["display"].startswith(_BRAND_OF)
    },
    **{row["name"]: tuple(row["ingredients"].split(";")) for row in rows("brands")},
}
"""The ingredients of each brand, by their names: a brand is of all the classes of each."""

_GENERIC = _of_no_class("name") | _classes_by("name")
_NAMES = _GENERIC | {
    brand: _GENERIC.get(brand, frozenset()).union(*(_GENERIC.get(each, ()) for each in of))
    for brand, of in BRANDS.items()
}
_NAME = re.compile(rf"(?<!non-){_whole_words(_NAMES)}(?![ -]free\b)")
_PARTS = re.compile(r" [/+] ")
_LOCAL_FORM = re.compile(_whole_words(_dose_forms("locally")))
_SYSTEMIC_FORM = re.compile(_whole_words(_dose_forms("systemically")))


def medication_classes_by(system: str, code: str) -> frozenset[str] | None:
    """The classes of a drug by its ATC code, or RxNorm ingredient or clinical drug.

    An empty set is a known drug of none of our classes; None is a code that is not known, or an
    ATC group so wide that some of its drugs are of our classes and some are not.
    """
    listed = medication_classes_listed(system, code)
    if listed is None and system == "rxnorm":
        return _REVIEWED_DRUGS.get(code.strip())
    return listed


def medication_classes_listed(system: str, code: str) -> frozenset[str] | None:
    """The same, but without the reviewed tables of published value sets."""
    code = code.strip().upper()
    if system == "atc":
        return _atc_classes(code)
    if system != "rxnorm":
        return None
    found = [_INGREDIENTS.get(each) for each in _CLINICAL_DRUGS.get(code, (code,))]
    known = [classes for classes in found if classes is not None]
    return frozenset[str]().union(*known) if len(known) == len(found) else None


def _atc_classes(code: str) -> frozenset[str] | None:
    classes = frozenset[str]().union(*(_ATC.get(part, frozenset()) for part in prefixes(code)))
    if classes:
        return classes
    too_wide = any(ours.startswith(code) for ours in _ATC)
    return frozenset() if _ATC_CODE.fullmatch(code) and not too_wide else None


def names_in(text: str) -> list[str]:
    """Every known name of a drug that stands in a text as whole words, in small letters."""
    return _NAME.findall(text.casefold())


def ingredient_codes(code: str) -> tuple[str, ...]:
    """The RxNorm codes of a clinical drug's ingredients; of any other code the code itself."""
    return _CLINICAL_DRUGS.get(code, (code,))


def medication_classes_named(text: str) -> frozenset[str] | None:
    """The classes of every ingredient that stands as whole words in a drug's name.

    An empty set is a known drug of none of our classes, or one that acts only where it is put (eye
    drops, a gel); None is a name in which an ingredient is not known.
    """
    name = text.casefold()
    if _LOCAL_FORM.search(name) and not _SYSTEMIC_FORM.search(name):
        return frozenset()
    parts = [[_NAMES[found] for found in _NAME.findall(part)] for part in _PARTS.split(name)]
    classes = frozenset[str]().union(*chain.from_iterable(parts))
    return classes if classes or all(parts) else None
