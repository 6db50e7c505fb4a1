"""What a genotype means for the drugs it bears on: phenotypes by CPIC's allele tables.

`alleles.csv` holds the function of each allele, `allele_pairs.csv` the phenotype of two functions;
together they give the phenotype that CPIC's diplotype table gives. Alleles of uncertain function
are left out, and a diplotype with one of them has no phenotype here. CPIC's tables are as of
2025-11-05, in github.com/PharmGKB/PharmCAT at 5431bf11 (resources phenotype/*.json); CC0 1.0.
"""

import re
from collections import defaultdict
from collections.abc import Mapping

from fhir_adapters.terminology.tables import rows

_GENES = rows("genes")
_CONCEPTS: defaultdict[str, list[str]] = defaultdict(list)
_GENE_OF: defaultdict[str, list[str]] = defaultdict(list)
for _row in _GENES:
    _CONCEPTS[_row["gene"]].append(_row["concept"])
    _GENE_OF[_row["concept"]].append(_row["gene"])
_SYMBOLS = {_row["hgnc"]: _row["gene"] for _row in _GENES if _row["hgnc"]}
_FUNCTIONS = {(row["gene"], row["allele"]): row["function"] for row in rows("alleles")}
_ALIASES = {
    (row["gene"], alias): row["function"]
    for row in rows("alleles")
    for alias in re.findall(r"\((\S+)\)", row["allele"])
}
_PAIRS = {
    (row["gene"], frozenset((row["function"], row["other_function"]))): row["phenotype"]
    for row in rows("allele_pairs")
}
_WORDS = {(row["concept"], row["words"]): row["meaning"] for row in rows("phenotype_words")}
_ALLELES: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
for _row in rows("telling_alleles"):
    _ALLELES[_row["concept"]].append((_row["allele"], _row["meaning"]))

_TYPED = re.compile(r"(?:HLA-)?([AB]\*\d{2,3})(:\d{2,3})?(?::\d{2,3}){0,2}[A-Z]?")
_TYPINGS = re.compile(r"\s*[/|;+,]\s*")
_BETWEEN = re.compile(r"\s*[/|;]\s*")


def concepts_of_gene(gene: str) -> tuple[str, ...]:
    """What a gene's genotype answers, by its symbol or HGNC id; none for another gene."""
    symbol = gene.strip().upper()
    return tuple(_CONCEPTS.get(_SYMBOLS.get(symbol, symbol), ()))


def phenotype_stated(concept: str, text: str) -> str | None:
    """The phenotype that a text is, and nothing but it ("CYP2C19 Poor metaboliser"); else None."""
    words = " ".join(text.casefold().replace("metaboliser", "metabolizer").split())
    for gene in _GENE_OF[concept]:
        words = words.removeprefix(gene.casefold()).strip(" :-")
    general = "" if concept not in _SPECIFIC else concept
    return _WORDS.get((general, words))


_SPECIFIC = {concept for concept, _ in _WORDS if concept}


def phenotype_of(concept: str, text: str) -> str | None:
    """What a genotype means for a concept, by CPIC's tables; None where they say nothing of it."""
    if concept in _ALLELES:
        return _by_allele(concept, text)
    for gene in _GENE_OF[concept]:
        if phenotype := _by_diplotype(gene, text):
            return phenotype
    return None


def _by_allele(concept: str, text: str) -> str | None:
    """An allele is there where the text names alleles alone; "not detected" after one is no allele.

    That it is not there is told only by a typing of both alleles of its locus to the second field.
    """
    known = dict(_ALLELES[concept])
    named = [_allele(concept, each) for each in _TYPINGS.split(text.strip())]
    if None in named:
        return None
    if found := next((known[each] for each in named if each in known), None):
        return found
    locus = next(iter(known)).partition("*")[0]
    typed = [each for each in named if each and each.startswith(f"{locus}*") and ":" in each]
    return "negative" if len(typed) == len(named) == 2 else None


def _allele(concept: str, text: str) -> str | None:
    """An allele to its second field, or a variant as the table names it; None for other words."""
    if typed := _TYPED.fullmatch(text):
        return typed[1] + (typed[2] or "")
    for gene in _GENE_OF[concept]:
        text = text.removeprefix(gene).strip(" :")
    return text if text in dict(_ALLELES[concept]) else None


def _by_diplotype(gene: str, text: str) -> str | None:
    alleles = [each.replace(gene, "").strip() for each in _BETWEEN.split(text.strip())]
    functions = [_function(gene, each) for each in alleles]
    if len(functions) != 2 or None in functions:
        return None
    return _PAIRS.get((gene, frozenset(each for each in functions if each)))


def _function(gene: str, allele: str) -> str | None:
    known: Mapping[tuple[str, str], str] = _FUNCTIONS
    return known.get((gene, allele)) or _ALIASES.get((gene, allele))
