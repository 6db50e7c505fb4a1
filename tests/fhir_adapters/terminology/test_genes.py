import csv
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_adapters.terminology.genes import concepts_of_gene, phenotype_of, phenotype_stated
from fhir_adapters.terminology.tables import rows
from fhir_adapters.terminology.value_sets import concepts

GENOMIC = sorted(key for key, concept in concepts().items() if concept.group == "genomic")


@pytest.mark.parametrize(
    ("concept", "diplotype", "phenotype"),
    [
        ("cyp2c19_phenotype", "*2/*2", "poor"),
        ("cyp2c19_phenotype", "CYP2C19 *1/*2", "intermediate"),
        ("cyp2c19_phenotype", "*17/*17", "ultrarapid"),
        ("cyp2c19_phenotype", "*1/*1", "normal"),
        ("dpyd_phenotype", "Reference/c.1905+1G>A (*2A)", "intermediate"),
        ("dpyd_phenotype", "*2A/*2A", "poor"),
    ],
)
def test_a_diplotype_has_the_phenotype_of_cpics_table(
    concept: str, diplotype: str, phenotype: str
) -> None:
    assert phenotype_of(concept, diplotype) == phenotype


@pytest.mark.parametrize(
    "diplotype", ["*2", "*2/*12", "*2/*2/*2", "*2/unknown", "not *2/*2", "*99/*99", ""]
)
def test_a_diplotype_that_no_table_gives_has_no_phenotype(diplotype: str) -> None:
    assert phenotype_of("cyp2c19_phenotype", diplotype) is None


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("HLA-B*57:01", "positive"),
        ("B*57:01:01G", "positive"),
        ("HLA-B*57:01+HLA-B*07:02", "positive"),
        ("HLA-B*08:01/HLA-B*07:02", "negative"),
        ("HLA-B*08:01", None),
        ("HLA-B*57", None),
        ("HLA-B*08/HLA-B*07", None),
        ("HLA-B*57:01 not detected", None),
        ("no HLA-B*57:01", None),
        ("HLA-B*57:010", "other"),
        ("HLA-A*01:01/HLA-A*02:01", None),
    ],
)
def test_an_allele_is_there_only_where_alleles_alone_are_named(
    text: str, answer: str | None
) -> None:
    found = phenotype_of("hla_b_5701", text)
    assert found == (None if answer == "other" else answer)


@pytest.mark.parametrize(
    ("text", "phenotype"),
    [
        ("CYP2C19 Poor Metaboliser", "poor"),
        ("poor metabolizer", "poor"),
        ("not a poor metabolizer", None),
        ("poor metabolizer excluded", None),
        ("possible poor metabolizer", None),
    ],
)
def test_a_phenotype_is_stated_only_where_nothing_else_is(text: str, phenotype: str | None) -> None:
    assert phenotype_stated("cyp2c19_phenotype", text) == phenotype


def test_a_gene_is_known_by_its_symbol_and_its_hgnc_id() -> None:
    for row in rows("genes"):
        assert row["concept"] in concepts_of_gene(row["gene"])
        assert not row["hgnc"] or row["concept"] in concepts_of_gene(row["hgnc"])
    assert concepts_of_gene("BRCA1") == ()


def test_no_allele_has_two_functions_and_no_pair_two_phenotypes() -> None:
    for table, keys in (("alleles", 2), ("allele_pairs", 3)):
        text = files("fhir_adapters").joinpath(f"data/{table}.csv").read_text()
        seen = [tuple(row)[:keys] for row in csv.reader(text.splitlines())]
        assert len(seen) == len(set(seen))


@given(st.sampled_from(GENOMIC), st.text(max_size=40))
def test_any_text_is_read_or_not_read(concept: str, text: str) -> None:
    assert phenotype_of(concept, text) is None or isinstance(phenotype_of(concept, text), str)
    assert phenotype_stated(concept, text) is None or text.strip()


@given(st.sampled_from(["not", "no", "negative for", "excluded:", "?"]), st.booleans())
def test_a_word_of_denial_is_never_read_over(word: str, before: bool) -> None:
    for allele in ("HLA-B*57:01", "*2/*2"):
        text = f"{word} {allele}" if before else f"{allele} {word}"
        assert phenotype_of("hla_b_5701", text) is None
        assert phenotype_of("cyp2c19_phenotype", text) is None
