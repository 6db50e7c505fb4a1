"""Genotypes and their phenotypes, as the Genomics Reporting guide and laboratories send them.

A genotype (LOINC 84413-4) names its gene in a component (48018-6) and its diplotype as its value; a
therapeutic implication names the phenotype in a component (53040-2, or the guide's own code
`therapeutic-implication`) and belongs to a gene only where it names one. A laboratory's own
Observation of a phenotype has a code of its own and is read as any other. The phenotype is the one
that is stated, else the one that CPIC's tables give to both alleles; it is never guessed.
"""

from collections.abc import Iterator

from fhir_adapters.r4.datatypes import CodeableConcept, Coding
from fhir_adapters.r4.resources import Observation, Valued
from fhir_adapters.r4.unusable import Unusable
from fhir_adapters.readers.quantities import Amount
from fhir_adapters.record import DropCode, Note, NoteCode
from fhir_adapters.terminology.codes import Match
from fhir_adapters.terminology.genes import concepts_of_gene, phenotype_of, phenotype_stated
from fhir_adapters.terminology.systems import system_name
from fhir_adapters.terminology.value_sets import Concept, answer, concepts

GROUP = "genomic"
"""The group of the concepts that are read here."""

_GENE = "48018-6"
_GENOTYPE = "84413-4"
_EFFECTS = frozenset({"53040-2", "therapeutic-implication"})


def genomic_parts(observation: Observation) -> tuple[tuple[Valued, Match], ...]:
    """What an Observation that names a gene says of it; nothing for any other Observation."""
    genes = [
        gene
        for component in observation.component or ()
        if _GENE in _codes(component.code) and component.value_codeable_concept
        for gene in [_named(component.value_codeable_concept)]
        if gene
    ]
    return tuple(
        (valued, Match(concepts()[name], code))
        for valued, code in _telling(observation)
        for gene in genes
        for name in concepts_of_gene(gene)
    )


def _telling(observation: Observation) -> Iterator[tuple[Valued, str]]:
    """Its own value, if it is a genotype or an effect, and each effect among its components."""
    own = _codes(observation.code)
    if own & {_GENOTYPE, "53040-2"}:
        yield observation, _GENOTYPE if _GENOTYPE in own else "53040-2"
    for component in observation.component or ():
        if _codes(component.code) & _EFFECTS:
            yield component, "53040-2"


def _codes(code: CodeableConcept | None) -> frozenset[str]:
    return frozenset((each.code or "").strip() for each in (code and code.coding) or ())


def _named(gene: CodeableConcept) -> str:
    """The symbol or id of a gene that is one of ours; "" for another."""
    said = [text for each in gene.coding or () for text in (each.code, each.display)]
    return next((each for each in (*said, gene.text) if each and concepts_of_gene(each)), "")


def genomic_answer(valued: Valued, concept: Concept) -> Amount:
    """The phenotype of a value; raises Unusable where it is neither stated nor in a table."""
    value = valued.value_codeable_concept
    for coding in (value and value.coding) or ():
        if meaning := _coded(coding, concept):
            return Amount(meaning)
    texts = [*_texts(value), valued.value_string or ""]
    for text in filter(None, texts):
        if stated := phenotype_stated(concept.key, text):
            return Amount(stated)
    for text in filter(None, texts):
        if meaning := phenotype_of(concept.key, text):
            return Amount(meaning, notes=(_derived(text),))
    raise Unusable(DropCode.NO_KNOWN_CODE, "its phenotype is not stated")


def _coded(coding: Coding, concept: Concept) -> str | None:
    system = system_name(coding.system)
    return answer(concept.key, system, coding.code or "") if system else None


def _texts(value: CodeableConcept | None) -> Iterator[str]:
    if value:
        yield value.text or ""
        for coding in value.coding or ():
            yield coding.display or ""
            yield coding.code or ""


def _derived(text: str) -> Note:
    return Note(NoteCode.DERIVED, f"by CPIC's table of 2025-11-05 from {' '.join(text.split())}")
