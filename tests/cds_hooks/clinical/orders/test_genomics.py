import pytest

from cds_hooks.clinical.orders.rule_table import RULES, SOURCES
from tests.cds_hooks.clinical.orders.drafting import (
    cards,
    draft,
    genotype,
    laboratory_answer,
    told,
)
from tests.charts import INFARCTION, Resource, order, patient, problem

POOR, INTERMEDIATE, NORMAL, ULTRARAPID = "LA9657-3", "LA10317-8", "LA25391-6", "LA10315-2"
PRESENT, NEGATIVE = "LA9633-4", "LA6577-6"
CLOPIDOGREL = draft("B01AC04", "clopidogrel", "75 mg once daily")
CAPECITABINE = draft("L01BC06", "capecitabine", "1500 mg twice daily")
ABACAVIR = draft("J05AF06", "abacavir", "600 mg once daily")
MI = problem(INFARCTION)

FIRES = {
    "abacavir-hla": (laboratory_answer("50956-2", PRESENT), ABACAVIR),
    "carbamazepine-hla-b": (
        laboratory_answer("57979-7", PRESENT),
        draft("N03AF01", "carbamazepine", "200 mg twice daily"),
    ),
    "carbamazepine-hla-a": (
        genotype("HLA-A", "HLA-A*31:01+HLA-A*02:01"),
        draft("N03AF01", "carbamazepine", "200 mg twice daily"),
    ),
    "oxcarbazepine-hla-b": (
        genotype("HLA-B", "HLA-B*15:02"),
        draft("N03AF02", "oxcarbazepine", "300 mg twice daily"),
    ),
    "phenytoin-hla-b": (
        genotype("HLA-B", "HLA-B*15:02:01+HLA-B*40:01"),
        draft("N03AB02", "phenytoin", "100 mg three times daily"),
    ),
    "allopurinol-hla-b": (
        genotype("HLA-B", "HLA-B*58:01"),
        draft("M04AA01", "allopurinol", "100 mg once daily"),
    ),
    "fluoropyrimidine-dpyd-poor": (laboratory_answer("79719-1", POOR), CAPECITABINE),
    "fluoropyrimidine-dpyd-intermediate": (
        genotype("DPYD", "Reference/c.1905+1G>A (*2A)"),
        CAPECITABINE,
    ),
    "thiopurine-poor": (
        genotype("NUDT15", "*3/*3"),
        draft("L04AX01", "azathioprine", "100 mg once daily"),
    ),
    "thiopurine-intermediate": (
        laboratory_answer("79713-4", INTERMEDIATE),
        draft("L04AX01", "azathioprine", "100 mg once daily"),
    ),
    "codeine-cyp2d6-fast": (
        laboratory_answer("79715-9", ULTRARAPID),
        draft("R05DA04", "codeine", "30 mg"),
    ),
    "tramadol-cyp2d6-fast": (
        laboratory_answer("79715-9", ULTRARAPID),
        draft("N02AX02", "tramadol", "50 mg once daily"),
    ),
    "codeine-cyp2d6-poor": (
        laboratory_answer("79715-9", POOR),
        draft("R05DA04", "codeine", "30 mg once daily"),
    ),
    "tramadol-cyp2d6-poor": (
        laboratory_answer("79715-9", POOR),
        draft("N02AX02", "tramadol", "50 mg once daily"),
    ),
    "simvastatin-slco1b1": (
        genotype("SLCO1B1", "*1/*5"),
        draft("C10AA01", "simvastatin", "40 mg once daily"),
    ),
    "ssri-cyp2c19-citalopram": (
        laboratory_answer("79714-2", POOR),
        draft("N06AB10", "escitalopram", "10 mg once daily"),
    ),
    "ssri-cyp2c19-sertraline": (
        laboratory_answer("79714-2", POOR),
        draft("N06AB06", "sertraline", "100 mg once daily"),
    ),
    "voriconazole-cyp2c19": (
        genotype("CYP2C19", "CYP2C19 *17/*17"),
        draft("J02AC03", "voriconazole", "200 mg twice daily"),
    ),
    "warfarin-cyp2c9": (
        genotype("CYP2C9", "*3/*3"),
        draft("B01AA03", "warfarin", "5 mg once daily"),
    ),
    "phenytoin-cyp2c9": (
        laboratory_answer("79716-7", POOR),
        draft("N03AB02", "phenytoin", "100 mg three times daily"),
    ),
    "aminoglycoside-mt-rnr1": (
        genotype("MT-RNR1", "m.1555A>G"),
        draft("J01GB03", "gentamicin", "300 mg once daily"),
    ),
    "anaesthetics-ryr1": (
        genotype("RYR1", "Malignant Hyperthermia Susceptibility"),
        draft("M03AB01", "suxamethonium", "100 mg"),
    ),
}


def summary(key: str, drafted: Resource) -> str:
    """How the summary of a rule about a draft begins."""
    name = drafted["medicationCodeableConcept"]["text"]
    return RULES[key].finding.split(" {other}")[0].format(drug=name, other="").rstrip(" :")


@pytest.mark.parametrize("key", FIRES)
def test_a_recorded_genotype_speaks_against_the_drug(key: str) -> None:
    result, drafted = FIRES[key]
    found = told(patient(), result, drafted)
    wanted = (RULES[key].indicator, summary(key, drafted))
    assert [each for each in found if (each[0], each[1].startswith(wanted[1])) == (wanted[0], True)]


@pytest.mark.parametrize("key", FIRES)
def test_without_the_genotype_the_rule_is_silent(key: str) -> None:
    drafted = FIRES[key][1]
    assert not [
        text for _, text in told(patient(), drafted) if text.startswith(summary(key, drafted))
    ]


@pytest.mark.parametrize("key", FIRES)
def test_the_genotype_of_another_person_is_not_used(key: str) -> None:
    result, drafted = FIRES[key]
    other = result | {"subject": {"reference": "Patient/other"}}
    found = told(patient(), other, drafted)
    assert not [text for _, text in found if text.startswith(summary(key, drafted))]


def test_every_rule_on_a_genotype_has_a_chart_that_fires() -> None:
    rules = {key for key, rule in RULES.items() if rule.check == "genotype"}
    assert rules == {*FIRES, "clopidogrel-cyp2c19"}


@pytest.mark.parametrize("answer", [POOR, INTERMEDIATE])
def test_clopidogrel_after_an_infarction_in_a_slow_metaboliser_is_told(answer: str) -> None:
    (card,) = cards(patient(), MI, laboratory_answer("79714-2", answer, "2024-05-01"), CLOPIDOGREL)
    assert card["indicator"] == "warning"
    assert "CYP2C19 phenotype of 2024-05-01" in card["detail"]
    assert card["source"]["label"] == "CPIC, clopidogrel and CYP2C19 2022"


def test_clopidogrel_in_a_normal_metaboliser_or_without_such_disease_is_quiet() -> None:
    normal = laboratory_answer("79714-2", NORMAL)
    assert told(patient(), MI, normal, CLOPIDOGREL) == []
    assert told(patient(), laboratory_answer("79714-2", POOR), CLOPIDOGREL) == []


def test_a_phenotype_from_a_diplotype_says_by_which_table() -> None:
    (card,) = cards(patient(), MI, genotype("CYP2C19", "CYP2C19 *2/*2"), CLOPIDOGREL)
    assert "by CPIC's table of 2025-11-05 from CYP2C19 *2/*2" in card["detail"]
    assert len(card["detail"].split()) <= 90


def test_a_preliminary_or_cancelled_genotype_does_not_speak_as_a_final_one() -> None:
    cancelled = laboratory_answer("79714-2", POOR, status="entered-in-error")
    assert told(patient(), MI, cancelled, CLOPIDOGREL) == []


def test_a_label_asks_for_dpyd_before_a_fluoropyrimidine() -> None:
    assert told(patient(), CAPECITABINE) == [
        (
            "warning",
            "Test DPYD before capecitabine, unless it cannot wait: no usable DPYD phenotype",
        )
    ]
    assert told(patient(), laboratory_answer("79719-1", NORMAL), CAPECITABINE) == []
    assert told(patient(), order("L01BC06"), CAPECITABINE) == []


def test_a_diplotype_in_no_table_counts_as_untested_and_says_so() -> None:
    (card,) = cards(patient(), genotype("DPYD", "c.9999A>G/Reference"), CAPECITABINE)
    assert "its phenotype is not stated" in card["detail"]


def test_a_label_asks_for_hla_b_5701_before_abacavir() -> None:
    assert [indicator for indicator, _ in told(patient(), ABACAVIR)] == ["critical"]
    assert told(patient(), laboratory_answer("50956-2", NEGATIVE), ABACAVIR) == []


def test_no_test_of_hla_b_1502_is_asked_for_by_ancestry() -> None:
    race = {"url": "http://hl7.org/fhir/us/core/StructureDefinition/us-core-race"}
    asian = patient(extension=[race | {"extension": [{"url": "text", "valueString": "Asian"}]}])
    assert told(asian, draft("N03AF01", "carbamazepine", "200 mg twice daily")) == []


def test_rasburicase_in_g6pd_deficiency_is_critical_also_where_it_only_may_be_recorded() -> None:
    rasburicase = draft("V03AF07", "rasburicase", "15 mg once daily")
    deficient = problem("x")
    coded = deficient | {
        "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": "D55.0"}]}
    }
    assert [i for i, _ in told(patient(), coded, rasburicase)] == ["critical"]
    named = deficient | {"code": {"text": "G6PD deficiency"}}
    assert [i for i, _ in told(patient(), named, rasburicase)] == ["critical"]
    assert told(patient(), rasburicase) == []


def test_no_dose_of_a_thiopurine_is_printed() -> None:
    rules = [rule for key, rule in RULES.items() if key.startswith("thiopurine")]
    assert rules
    assert not [rule for rule in rules if "%" in rule.advice or " mg" in rule.advice]


def test_every_genomic_rule_names_where_it_was_read() -> None:
    genomic = [key for key, rule in RULES.items() if rule.check.startswith("genotype")]
    assert [key for key in genomic if not SOURCES[key].locator] == []
