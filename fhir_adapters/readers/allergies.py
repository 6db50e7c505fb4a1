"""Allergies and intolerances: to which drug or class, how sure, and how severe the reaction was."""

from collections.abc import Iterator

from fhir_adapters.r4.datatypes import CodeableConcept
from fhir_adapters.r4.resources import AllergyIntolerance
from fhir_adapters.r4.unusable import Unusable
from fhir_adapters.readers.absence import check_content, check_whole
from fhir_adapters.readers.context import Context
from fhir_adapters.readers.medications import drug_names
from fhir_adapters.readers.statuses import meaning
from fhir_adapters.record import DropCode, Dropped, RecordedAllergy, Source, When
from fhir_adapters.terminology.allergens import (
    allergen_class,
    allergen_classes_named,
    says_none_known,
)
from fhir_adapters.terminology.codes import first_code
from fhir_adapters.terminology.ingredients import ingredients
from fhir_adapters.terminology.systems import system_name

_OF_NO_DRUG = frozenset({"food", "environment", "environmental"})
_DRUG_SYSTEMS = frozenset({"rxnorm", "atc"})


def recorded_allergy(
    allergy: AllergyIntolerance, reference: str, context: Context
) -> RecordedAllergy | Dropped:
    """Reads an AllergyIntolerance, with `reference` as its source.

    Dropped are those that are not this patient's, refuted, entered in error, over, of food or the
    environment alone, and the statement that none is known. One that could not be placed says so.
    """
    concepts = list(_substances(allergy))
    source = Source(reference, next(filter(None, map(first_code, concepts)), ""))
    try:
        context.check_subject(allergy.patient or allergy.subject)
        context.check_use(allergy)
        check_whole(allergy.meta)
        for concept in concepts:
            check_content(concept)
        return _recorded(allergy, concepts, source, context)
    except Unusable as refused:
        return Dropped(source, refused.code, refused.text, key="allergies")


def _recorded(
    allergy: AllergyIntolerance, concepts: list[CodeableConcept], source: Source, context: Context
) -> RecordedAllergy:
    names, codes = drug_names(concepts), list(_codes(concepts))
    certain = _certain(allergy)
    if says_none_known(codes, names):
        raise Unusable(DropCode.NEGATED, "it says that there is none")
    named = frozenset(filter(None, (allergen_class(*each) for each in codes)))
    classes = named.union(*map(allergen_classes_named, names))
    drugs = _drugs(names, codes)
    if not classes and not drugs:
        raise Unusable(*_unplaced(allergy, names, codes))
    return RecordedAllergy(
        classes=classes,
        ingredients=drugs,
        source=source,
        name=next(iter(names), ""),
        certain=certain,
        severe=_severe(allergy),
        intolerance=allergy.type == "intolerance",
        recorded=_when(allergy, context),
    )


def _substances(allergy: AllergyIntolerance) -> Iterator[CodeableConcept]:
    """What it is to, and what a reaction was to."""
    for concept in (allergy.code, allergy.substance):
        if concept:
            yield concept
    yield from (each.substance for each in allergy.reaction or () if each.substance)


def _codes(concepts: list[CodeableConcept]) -> Iterator[tuple[str, str]]:
    for concept in concepts:
        for coding in concept.coding or ():
            if coding.code:
                yield system_name(coding.system) or "", coding.code


def _drugs(names: list[str], codes: list[tuple[str, str]]) -> frozenset[str]:
    """The single drugs that it is to, by all its names, else by its codes of drugs."""
    named = frozenset[str]().union(*map(ingredients, names))
    if named:
        return named
    coded = (ingredients("", code) for system, code in codes if system in _DRUG_SYSTEMS)
    return frozenset[str]().union(*coded)


def _certain(allergy: AllergyIntolerance) -> bool:
    """Whether it is confirmed, or nothing else is said; raises Unusable where it does not hold."""
    verification = meaning("verification", allergy.verification_status or allergy.status)
    if verification == "refuted":
        raise Unusable(DropCode.REFUTED, "refuted")
    if verification == "entered-in-error":
        raise Unusable(DropCode.STATUS, "its status is entered-in-error")
    if meaning("clinical", allergy.clinical_status or allergy.status) == "history":
        raise Unusable(DropCode.STATUS, "recorded as over")
    return verification != "unconfirmed"


def _severe(allergy: AllergyIntolerance) -> bool:
    criticality = (allergy.criticality or "").casefold()
    severities = {(each.severity or "").casefold() for each in allergy.reaction or ()}
    return criticality in ("high", "crith") or "severe" in severities


def _unplaced(
    allergy: AllergyIntolerance, names: list[str], codes: list[tuple[str, str]]
) -> tuple[DropCode, str]:
    category = allergy.category
    categories = {category} if isinstance(category, str) else set(category or ())
    if categories and categories <= _OF_NO_DRUG:
        return DropCode.OTHER_DRUG, "to no drug"
    if codes:
        return DropCode.UNKNOWN_CODE, "a code that no table holds"
    if names:
        return DropCode.TEXT_ONLY, "described in words only"
    return DropCode.NO_CODE, "it does not say what it is"


def _when(allergy: AllergyIntolerance, context: Context) -> When | None:
    text = allergy.onset_date_time or allergy.recorded_date or allergy.asserted_date
    read = context.when(text) if text else None
    return read[0] if read else None
