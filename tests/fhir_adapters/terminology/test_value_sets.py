import csv
import re
from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fhir_adapters.terminology import value_sets
from fhir_adapters.terminology.condition_codes import (
    conditions_by,
    is_family_history,
    is_no_known_problem,
)
from fhir_adapters.terminology.reviewed import decisions, groups
from fhir_adapters.terminology.tables import rows
from fhir_adapters.terminology.value_sets import (
    answer,
    codes_of,
    concepts,
    conditions,
    is_panel,
    label,
    look_back,
    measured_by,
    medication_classes,
    medication_classes_by,
    medication_classes_named,
    panels_of,
    unit_hint,
    wider,
)
from tests.check_digits import has_mod_10_check_digit, has_verhoeff_check_digit

TABLES = (
    "answers",
    "clinical_drugs",
    "codes",
    "condition_codes",
    "context_codes",
    "dose_forms",
    "medications",
    "panels",
)
UNCODED = ("concepts", "conditions", "conversions", "other_drugs", "sources", "units")
CADENCES = {"vitals", "acute-labs", "renal-labs", "slow-labs"}


def codes_under(system: str) -> list[str]:
    tables = ("answers", "codes", "condition_codes", "context_codes", "panels")
    found = [row["code"] for name in tables for row in rows(name) if row["system"] == system]
    return sorted({*found})


def test_the_check_digits_would_find_a_wrong_digit_and_two_swapped_ones() -> None:
    assert has_mod_10_check_digit("2160-0")
    assert not has_mod_10_check_digit("2161-0")
    assert not has_mod_10_check_digit("1260-0")
    assert has_mod_10_check_digit("LA18976-3")
    assert not has_mod_10_check_digit("LA18967-3")
    assert has_verhoeff_check_digit("44054006")
    assert not has_verhoeff_check_digit("44054007")
    assert not has_verhoeff_check_digit("44045006")


SOURCED = ("answers", "codes", "condition_codes", "context_codes", "medications", "panels")


@pytest.mark.parametrize("table", SOURCED)
def test_every_code_has_a_source(table: str) -> None:
    listed = {(row["system"], row["code"]) for row in rows(table)}
    told = [row for row in rows("sources") if row["table"] == table]
    named = {(row["system"], code) for row in told for code in row["codes"].split()}
    whole = {system for system, code in named if code == "*"}
    single = {(system, code) for system, code in named if code != "*"}
    assert single <= listed
    assert {each for each in listed if each[0] not in whole} <= single


def test_every_loinc_code_has_its_check_digit() -> None:
    assert codes_under("loinc")
    assert [code for code in codes_under("loinc") if not has_mod_10_check_digit(code)] == []


def test_every_snomed_code_has_its_check_digit() -> None:
    assert codes_under("snomed")
    assert [code for code in codes_under("snomed") if not has_verhoeff_check_digit(code)] == []


@pytest.mark.parametrize("name", TABLES)
def test_every_row_says_what_its_code_is(name: str) -> None:
    assert all(row["display"].strip() for row in rows(name))


@pytest.mark.parametrize("name", [*TABLES, *UNCODED])
def test_no_cell_has_space_around_it(name: str) -> None:
    assert all(cell == cell.strip() for row in rows(name) for cell in row.values())


@pytest.mark.parametrize("name", [*TABLES, *UNCODED])
def test_no_row_is_there_twice(name: str) -> None:
    counted = Counter(tuple(row.values()) for row in rows(name))
    assert max(counted.values()) == 1


def test_no_name_stands_for_two_things() -> None:
    names = [*concepts(), *conditions(), *medication_classes(), "age", "sex"]
    assert len(names) == len(set(names))


def test_every_name_has_a_label() -> None:
    names = [*concepts(), *conditions(), *medication_classes(), "age", "sex"]
    assert all(label(name) for name in names)
    with pytest.raises(KeyError):
        label("nothing")


@pytest.mark.parametrize("key", sorted(concepts()))
def test_a_concept_has_a_unit_and_a_plausible_range_or_is_coded(key: str) -> None:
    concept = concepts()[key]
    answered = {row["concept"] for row in rows("answers")}
    assert concept.coded == (key in answered and concept.unit != "{score}")
    assert concept.coded or -100 < concept.low < concept.high < 1e7


@pytest.mark.parametrize("key", sorted(concepts()))
def test_a_concept_says_where_it_is_fetched_and_how_long_it_counts(key: str) -> None:
    concept = concepts()[key]
    assert concept.cadence in CADENCES
    assert timedelta(0) < concept.acute <= concept.chronic


def test_a_concept_includes_only_what_is_measured_and_fetched_as_it_is() -> None:
    included = [(each, concepts()[key]) for each in concepts().values() for key in each.includes]
    assert [(wider.key, narrower.key) for wider, narrower in included] == [
        ("glucose", "glucose_fasting")
    ]
    assert all((w.unit, w.cadence) == (n.unit, n.cadence) for w, n in included)


def test_no_code_measures_two_concepts() -> None:
    counted = Counter((row["system"], row["code"]) for row in rows("codes"))
    assert max(counted.values()) == 1


def test_every_concept_has_a_code_but_some() -> None:
    # The LOINC code in public use for menopausal status is another concept's; the decision for an
    # SpO2 scale has none; a genotype without one comes in a panel that names its gene.
    without = [key for key in concepts() if not codes_of(key)]
    assert [key for key in without if not panels_of(key)] == ["spo2_scale", "menopausal_status"]
    assert {concepts()[key].group for key in without if panels_of(key)} == {"genomic"}


def test_every_table_speaks_of_known_concepts() -> None:
    assert {row["concept"] for row in rows("codes")} <= set(concepts())
    assert {row["concept"] for row in rows("answers")} <= set(concepts())
    assert {row["concept"] for row in rows("condition_codes")} <= set(conditions())
    assert {row["class"] for row in rows("medications")} <= medication_classes()
    assert {part for each in conditions().values() for part in each.includes} <= set(conditions())


def test_the_preferred_code_comes_first() -> None:
    assert codes_of("creatinine")[0] == ("loinc", "2160-0")
    assert codes_of("smoking_status")[0] == ("loinc", "72166-2")


@pytest.mark.parametrize(
    ("system", "code", "concept"),
    [
        ("loinc", "2160-0", "creatinine"),
        ("loinc", " 38483-4 ", "creatinine"),
        ("npu", "NPU18016", "creatinine"),
        ("npu", "npu18016", "creatinine"),
        ("loinc", "59408-5", "spo2"),
        ("loinc", "2708-6", "spo2"),
        ("loinc", "33914-3", "egfr"),
        ("npu", "DNK35302", "egfr"),
        ("npu", "DNK05472", "sbp"),
        ("npu", "NPU27300", "hba1c"),
        ("loinc", "32693-4", "lactate"),
        ("loinc", "2518-9", "lactate"),
        ("loinc", "21893-3", "nodes_positive"),
        ("loinc", "85337-4", "er_status"),
        ("loinc", "20077-4", "peep"),
        ("loinc", "9187-6", "urine_output"),
        ("loinc", "32713-0", "potassium"),
        ("loinc", "14743-9", "glucose"),
        ("loinc", "14770-2", "glucose_fasting"),
        ("loinc", "75928-2", "hemoglobin"),
        ("snomed", "271649006", "sbp"),
        ("snomed", "1091811000000102", "dbp"),
        ("snomed", "364075005", "heart_rate"),
        ("snomed", "431314004", "spo2"),
        ("snomed", "86290005", "resp_rate"),
        ("snomed", "386725007", "temperature"),
        ("snomed", "1104441000000107", "avpu"),
        ("snomed", "248241002", "gcs_total"),
        ("snomed", "27113001", "weight"),
        ("snomed", "60621009", "bmi"),
        ("snomed", "1000731000000107", "creatinine"),
        ("snomed", "103228002", None),
        ("loinc", "9192-6", "urine_output_24h"),
    ],
)
def test_a_code_names_its_concept(system: str, code: str, concept: str) -> None:
    assert measured_by(system, code) == concept


@pytest.mark.parametrize(
    ("code", "what"),
    [
        ("2161-8", "urine creatinine"),
        ("2162-6", "creatinine in 24 h urine"),
        ("14683-7", "urine creatinine, moles"),
        ("2164-2", "creatinine clearance"),
        ("2350-7", "urine glucose"),
        ("5792-7", "urine glucose by strip"),
        ("41995-2", "mass concentration of HbA1c"),
        ("62388-4", "HbA1c on the Japanese scale"),
        ("10835-7", "mass concentration of lipoprotein(a)"),
        ("48066-5", "D-dimer in D-dimer units"),
        ("48058-2", "D-dimer in D-dimer units"),
        ("48642-3", "eGFR by race"),
        ("48643-1", "eGFR by race"),
        ("88293-6", "eGFR by race"),
        ("88294-4", "eGFR by race"),
        ("21894-1", "lymph nodes examined"),
        ("59576-9", "BMI percentile"),
        ("8440-0", "pulmonary artery systolic pressure"),
        ("8452-5", "pulsus paradoxus"),
        ("76690-7", "sexual orientation"),
        ("85329-1", "percentage of cells with oestrogen receptor"),
        ("61008-9", "temperature of the skin"),
        ("76010-8", "temperature in the nose"),
        ("20564-1", "saturation of blood that is not said to be arterial"),
        ("19230-2", "standard bicarbonate"),
    ],
)
def test_a_look_alike_code_is_not_read(code: str, what: str) -> None:
    assert measured_by("loinc", code) is None, what


def test_a_code_counts_only_under_its_own_system() -> None:
    assert measured_by("npu", "2160-0") is None
    assert measured_by("snomed", "2160-0") is None


def test_a_panel_is_no_concept() -> None:
    assert is_panel("loinc", "85354-9")
    assert not is_panel("snomed", "85354-9")
    assert is_panel("snomed", "75367002")
    assert not any(measured_by(row["system"], row["code"]) for row in rows("panels"))


def test_an_npu_code_stands_for_its_unit() -> None:
    assert unit_hint("npu", "NPU02319") == "mmol/L"
    assert unit_hint("npu", "NPU28309") == "g/L"


def test_a_loinc_code_of_mass_or_moles_hints_at_its_unit() -> None:
    assert unit_hint("loinc", "2160-0") == "mg/dL"
    assert unit_hint("loinc", "14682-9") == "umol/L"
    assert unit_hint("loinc", "8867-4") is None


@pytest.mark.parametrize(
    ("concept", "system", "code", "meaning"),
    [
        ("smoking_status", "snomed", "449868002", "current"),
        ("smoking_status", "snomed", "428041000124106", "current"),
        ("smoking_status", "snomed", "77176002", "current"),
        ("smoking_status", "snomed", "8517006", "former"),
        ("smoking_status", "snomed", "266919005", "never"),
        ("smoking_status", "snomed", "266927001", "unknown"),
        ("smoking_status", "loinc", "LA18978-9", "never"),
        ("pregnancy_status", "snomed", "77386006", "pregnant"),
        ("pregnancy_status", "snomed", "60001007", "not-pregnant"),
        ("avpu", "snomed", "130987000", "confused"),
        ("spo2_scale", "snomed", "1104321000000108", "2"),
        ("er_status", "snomed", "10828004", "positive"),
        ("her2_status", "snomed", "260385009", "negative"),
        ("histologic_grade", "snomed", "1663004", "2"),
        ("menopausal_status", "snomed", "76498008", "post"),
    ],
)
def test_a_coded_answer_has_its_meaning(concept: str, system: str, code: str, meaning: str) -> None:
    assert answer(concept, system, code) == meaning


def test_an_answer_to_another_question_means_nothing() -> None:
    assert answer("smoking_status", "snomed", "10828004") is None
    assert answer("smoking_status", "loinc", "449868002") is None


def test_no_answer_means_two_things_to_one_question() -> None:
    counted = Counter((row["concept"], row["system"], row["code"]) for row in rows("answers"))
    assert max(counted.values()) == 1


@pytest.mark.parametrize(
    ("system", "code", "expected"),
    [
        ("icd10", "E11.9", {"diabetes", "diabetes_t2"}),
        ("icd10", "e119", {"diabetes", "diabetes_t2"}),
        ("icd10", "E11.22", {"diabetes", "diabetes_t2", "diabetes_complicated", "ckd"}),
        ("icd10", "E14", {"diabetes"}),
        ("icd10", "O24.4", {"gestational_diabetes", "pregnancy"}),
        ("icd10", "R73.03", set()),
        ("icd10", "I48.91", {"atrial_fibrillation", "cardiac_arrhythmia"}),
        ("icd10", "I63.9", {"stroke_ischemic", "cerebrovascular_disease", "ascvd"}),
        (
            "icd10",
            "I61",
            {
                "stroke_hemorrhagic",
                "cerebrovascular_disease",
                "intracranial_hemorrhage",
                "active_bleeding",
                "major_bleeding",
            },
        ),
        ("icd10", "I25.2", {"mi", "cad", "ascvd"}),
        ("icd10", "G45.9", {"tia", "cerebrovascular_disease", "ascvd"}),
        ("icd10", "G45.4", {"cerebrovascular_disease"}),
        ("icd10", "G45.3", set()),
        ("icd10", "C44.91", set()),
        ("icd10", "C50.911", {"breast_cancer", "malignancy"}),
        ("icd10", "C79.51", {"metastatic", "malignancy"}),
        ("icd10", "C91.0", {"hematologic_malignancy", "malignancy"}),
        ("icd10", "D05.1", set()),
        ("icd10", "O34.2", {"pregnancy"}),
        ("icd10", "O80", {"postpartum"}),
        ("icd10", "O85", {"sepsis", "infection_suspected", "postpartum"}),
        ("icd10", "Z80.3", set()),
        ("icd10", "Z86.73", {"stroke_ischemic", "tia", "cerebrovascular_disease", "ascvd"}),
        ("icd10", "Z94.0", {"kidney_transplant", "ckd"}),
        ("sks", "DE119", {"diabetes", "diabetes_t2"}),
        ("sks", "DI639", {"stroke_ischemic", "cerebrovascular_disease", "ascvd"}),
        ("sks", "DC509", {"breast_cancer", "malignancy"}),
        ("sks", "DD500", {"anemia"}),
        ("snomed", "44054006", {"diabetes", "diabetes_t2"}),
        ("snomed", "230690007", {"stroke_ischemic", "cerebrovascular_disease", "ascvd"}),
        ("snomed", "399211009", {"mi", "cad", "ascvd"}),
        ("icd10", "E11.10", {"diabetes", "diabetes_t2", "diabetes_acute"}),
        ("icd10", "E11.649", {"diabetes", "diabetes_t2"}),
        ("icd10", "E66.9", {"obesity"}),
        ("icd10", "E78.5", {"lipid_disorder"}),
        ("icd10", "E78.01", {"familial_hypercholesterolemia", "lipid_disorder"}),
        ("icd10", "E87.1", {"fluid_electrolyte_disorder"}),
        ("icd10", "I47.2", {"cardiac_arrhythmia"}),
        ("icd10", "I65.21", {"cerebrovascular_disease"}),
        ("icd10", "R07.9", {"chest_pain"}),
        ("icd10", "R07.0", set()),
        ("icd10", "J96.02", {"hypercapnic_resp_failure", "respiratory_failure"}),
        ("icd10", "J95.821", {"respiratory_failure"}),
        ("icd10", "J95.851", {"care_complication"}),
        ("icd10", "F33.1", {"mental_disorder"}),
        ("icd10", "F32.A", set()),
        ("icd10", "L03.115", {"cellulitis", "infection_suspected"}),
        ("icd10", "L97.519", {"skin_ulcer"}),
        ("icd10", "N30.00", {"urinary_tract_infection", "infection_suspected"}),
        ("icd10", "N30.10", set()),
        ("icd10", "S72.001A", {"fracture"}),
        ("icd10", "S02.5XXA", set()),
        ("icd10", "T81.44XA", {"care_complication", "sepsis", "infection_suspected"}),
        ("sks", "DT814", {"care_complication"}),
        ("snomed", "420422005", {"diabetes", "diabetes_acute"}),
        ("snomed", "307426000", {"urinary_tract_infection", "infection_suspected"}),
        ("snomed", "714628002", set()),
        ("snomed", "15777000", set()),
        ("snomed", "126906006", set()),
        ("snomed", "92691004", set()),
        ("snomed", "128139000", set()),
        ("snomed", "169826009", set()),
        ("icd9", "428.0", {"heart_failure"}),
        ("icd9", "4280", {"heart_failure"}),
        ("icd9", "250.01", {"diabetes", "diabetes_t1"}),
        ("icd9", "250.00", {"diabetes"}),
        ("icd9", "250.40", {"diabetes", "diabetes_complicated"}),
        ("icd9", "V45.11", {"dialysis", "ckd"}),
        ("icd9", "V42.0", {"kidney_transplant", "ckd"}),
        ("icd9", "427.31", {"atrial_fibrillation", "cardiac_arrhythmia"}),
        ("icd9", "412", {"mi", "cad", "ascvd"}),
        ("icd9", "V43.3", {"valve_prosthesis_unknown"}),
        ("icd9", "173.0", set()),
        ("icd9", "V17.1", set()),
        ("icd9", "650", set()),
        ("icd10", "250.00", set()),
        ("icd9", "I63.9", set()),
        ("icd10", "44054006", set()),
        ("snomed", "I63.9", set()),
        ("loinc", "E11.9", set()),
    ],
)
def test_a_diagnosis_code_records_these_conditions(
    system: str, code: str, expected: set[str]
) -> None:
    assert conditions_by(system, code) == expected


@pytest.mark.parametrize("key", sorted(conditions()))
def test_every_condition_is_found_by_some_code(key: str) -> None:
    table = rows("condition_codes")
    codes = [(row["system"], row["code"]) for row in table if row["match"] != "exclude"]
    codes += [(each.system, each.code) for group in groups() for each in decisions(group)]
    assert any(key in conditions_by(system, code) for system, code in codes)


def test_every_row_of_the_condition_codes_holds() -> None:
    def holds(row: Mapping[str, str]) -> bool:
        found = row["concept"] in conditions_by(row["system"], row["code"])
        return found == (row["match"] != "exclude")

    assert [row for row in rows("condition_codes") if not holds(row)] == []


def test_a_past_record_counts_for_what_is_never_over() -> None:
    ever = {key for key, condition in conditions().items() if condition.ever}
    assert {"mi", "stroke_ischemic", "tia", "pad", "malignancy", "kidney_transplant"} <= ever
    assert "cerebrovascular_disease" in ever
    assert not ever & {"aki", "sepsis", "pregnancy", "infection_suspected", "pneumonia"}
    assert not ever & {"fracture", "urinary_tract_infection", "respiratory_failure", "cellulitis"}


def test_a_wider_condition_counts_a_past_record_if_all_it_includes_do() -> None:
    for condition in conditions().values():
        if condition.ever:
            assert all(conditions()[part].ever for part in condition.includes)


def test_a_concept_is_widened_through_those_between() -> None:
    assert wider(frozenset({"mi"})) == {"mi", "cad", "ascvd"}
    assert wider(frozenset()) == frozenset()


def test_family_history_is_no_disease() -> None:
    assert is_family_history("icd10", "Z80.3")
    assert is_family_history("icd10", "z8249")
    assert is_family_history("sks", "DZ803")
    assert is_family_history("snomed", "416471007")
    assert not is_family_history("icd10", "Z86.73")
    assert not is_family_history("icd10", "Z85.3")
    assert not is_family_history("snomed", "Z80.3")


def test_no_code_of_family_history_records_a_condition() -> None:
    for row in rows("context_codes"):
        assert conditions_by(row["system"], row["code"]) == frozenset()


def test_no_known_problems_is_told_from_a_problem() -> None:
    assert is_no_known_problem("snomed", "160245001")
    assert not is_no_known_problem("snomed", "44054006")
    assert not is_no_known_problem("icd10", "160245001")


@pytest.mark.parametrize(
    ("system", "code", "expected"),
    [
        ("atc", "C10AA05", {"statin"}),
        ("atc", "c10aa05", {"statin"}),
        ("atc", "C10BA02", {"simvastatin", "statin"}),
        ("atc", "C10BA10", {"lipid_lowering"}),
        (
            "atc",
            "C10BX04",
            {"simvastatin", "statin", "antiplatelet", "antihypertensive", "raas", "ace_inhibitor"},
        ),
        ("atc", "C09AA05", {"antihypertensive", "raas", "ace_inhibitor"}),
        ("atc", "C09XA02", {"antihypertensive"}),
        ("atc", "C02KX01", {"endothelin_antagonist"}),
        ("atc", "C03XA01", set()),
        ("atc", "B01AF02", {"anticoagulant", "doac", "apixaban"}),
        ("atc", "B01AX05", {"anticoagulant"}),
        ("atc", "B01AC06", {"antiplatelet"}),
        ("atc", "M01AE01", {"nsaid"}),
        ("atc", "M01AX05", set()),
        ("atc", "A10BA02", {"metformin", "glucose_lowering"}),
        ("atc", "A10BD20", {"metformin", "sglt2i", "glucose_lowering"}),
        ("atc", "A10BD19", {"sglt2i", "glucose_lowering"}),
        ("atc", "A10AB01", {"insulin", "glucose_lowering"}),
        ("atc", "A10BB12", {"glucose_lowering"}),
        ("atc", "A10BJ06", {"glucose_lowering"}),
        ("atc", "L02BG03", {"endocrine_therapy"}),
        ("atc", "L02BB03", set()),
        ("atc", "B03XA02", {"esa"}),
        ("atc", "N02BE01", set()),
        ("atc", "N02BE", set()),
        ("atc", "J01CA", {"penicillin"}),
        ("atc", "r06", set()),
        ("atc", "C10AA", {"statin"}),
        ("atc", "C09", {"antihypertensive"}),
        ("atc", "C10BX22", {"statin", "antihypertensive", "beta_blocker"}),
        ("atc", "C10BX23", {"statin", "antihypertensive", "raas", "ace_inhibitor"}),
        ("atc", "A10BD31", {"metformin", "sglt2i", "glucose_lowering"}),
        ("atc", "A10BH51", {"simvastatin", "statin", "glucose_lowering"}),
        ("atc", "C07FX03", {"antihypertensive", "antiplatelet", "beta_blocker"}),
        ("atc", "C08CA51", {"antihypertensive", "nsaid"}),
        ("atc", "N02BA01", {"antiplatelet"}),
        ("atc", "N02AJ08", {"nsaid", "opioid", "codeine"}),
        ("rxnorm", "83367", {"statin"}),
        ("rxnorm", "617310", {"statin"}),
        ("rxnorm", "314076", {"antihypertensive", "raas", "ace_inhibitor"}),
        ("rxnorm", "197885", {"antihypertensive", "raas", "ace_inhibitor", "thiazide"}),
        ("rxnorm", "855332", {"anticoagulant", "vitamin_k_antagonist", "warfarin"}),
        ("rxnorm", "313782", set()),
        ("rxnorm", "161", set()),
        ("rxnorm", "2176", {"cephalosporin"}),
        ("rxnorm", "313002", set()),
        ("rxnorm", "748856", set()),
        ("rxnorm", "1923432", set()),
    ],
)
def test_a_drug_code_belongs_to_these_classes(system: str, code: str, expected: set[str]) -> None:
    assert medication_classes_by(system, code) == frozenset(expected)


@pytest.mark.parametrize(
    ("system", "code"),
    [
        ("rxnorm", "999999999"),
        ("rxnorm", ""),
        ("atc", "statin"),
        ("atc", ""),
        ("atc", "N"),
        ("atc", "N02BE0"),
        ("atc", "N02BE011"),
        ("atc", "X02BE01"),
        ("npu", "83367"),
    ],
)
def test_a_drug_code_that_is_not_known_says_nothing(system: str, code: str) -> None:
    assert medication_classes_by(system, code) is None


@pytest.mark.parametrize(
    "code", ["B01", "C10", "C10B", "C10BA", "B01AX", "A10BA", "A10B", "A10BD", "N02BA"]
)
def test_an_atc_group_that_holds_drugs_of_a_class_and_others_says_nothing(code: str) -> None:
    assert medication_classes_by("atc", code) is None


@given(st.from_regex(r"[ABCDGHJLMNPRSV][0-9]{2}[A-Z]{2}[0-9]{2}", fullmatch=True))
@settings(max_examples=50, deadline=None)
def test_every_atc_code_of_a_substance_is_known(code: str) -> None:
    assert medication_classes_by("atc", code) is not None


def test_every_row_of_the_medications_holds() -> None:
    def holds(row: Mapping[str, str]) -> bool:
        if row["system"] == "name":
            found = medication_classes_named(row["code"].upper())
        else:
            found = medication_classes_by(row["system"], row["code"])
        return found is not None and row["class"] in found

    assert [row for row in rows("medications") if not holds(row)] == []


def test_a_clinical_drug_has_the_classes_its_name_has() -> None:
    def holds(row: Mapping[str, str]) -> bool:
        named = medication_classes_named(row["display"]) or frozenset()
        return medication_classes_by("rxnorm", row["rxcui"]) == named

    assert [row for row in rows("clinical_drugs") if not holds(row)] == []


def test_every_ingredient_of_a_clinical_drug_is_known() -> None:
    ingredients = {
        part for row in rows("clinical_drugs") for part in row["ingredient_rxcui"].split()
    }
    assert all(medication_classes_by("rxnorm", part) is not None for part in ingredients)


def synthea_drugs() -> list[dict[str, str]]:
    with (Path(__file__).parent / "synthea_drugs.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def recognised(drug: dict[str, str]) -> frozenset[str] | None:
    by_code = medication_classes_by("rxnorm", drug["rxcui"])
    # Synthea makes up a code for a drug on trial.
    return medication_classes_named(drug["display"]) if by_code is None else by_code


def test_every_drug_that_synthea_prescribes_is_recognised() -> None:
    drugs = synthea_drugs()
    assert len(drugs) > 500
    wrong = [row for row in drugs if recognised(row) != frozenset(row["classes"].split())]
    assert wrong == []


OTHER_DRUGS = [row["name"] for row in rows("other_drugs")]
OUR_DRUGS = [row["code"] for row in rows("medications") if row["system"] == "name"]


def test_an_other_drug_is_recognised_and_of_no_class() -> None:
    found = {name: medication_classes_named(f"{name.title()} 10 mg") for name in OTHER_DRUGS}
    assert [name for name, classes in found.items() if classes != frozenset()] == []


def test_no_other_drug_has_the_name_of_a_drug_of_a_class_in_its_own() -> None:
    ours = re.compile(rf"\b(?:{'|'.join(map(re.escape, OUR_DRUGS))})\b")
    assert [name for name in OTHER_DRUGS if ours.search(name)] == []


def test_an_other_drug_is_named_once_in_lower_case() -> None:
    assert max(Counter(OTHER_DRUGS).values()) == 1
    assert all(name == name.casefold() for name in OTHER_DRUGS)


def test_the_atc_group_of_an_other_drug_is_no_class() -> None:
    groups = {row["group"] for row in rows("other_drugs") if row["group"]}
    assert [group for group in groups if len(group) != 5] == []
    assert [group for group in groups if medication_classes_by("atc", f"{group}99")] == []


def test_no_ingredient_is_both_of_a_class_and_of_none() -> None:
    others = [row["rxcui"] for row in rows("other_drugs") if row["rxcui"]]
    ours = {row["code"] for row in rows("medications") if row["system"] == "rxnorm"}
    assert max(Counter(others).values()) == 1
    assert ours.isdisjoint(others)


@given(
    st.sampled_from(OTHER_DRUGS),
    st.sampled_from(OUR_DRUGS),
    st.sampled_from([" / ", "/", " + ", "-", " and ", ", "]),
)
@settings(max_examples=50, deadline=None)
def test_a_drug_of_a_class_wins_over_another_beside_it(other: str, ours: str, sign: str) -> None:
    alone = medication_classes_named(ours)
    assert medication_classes_named(f"{other}{sign}{ours}") == alone
    assert medication_classes_named(f"{ours}{sign}{other} 5 mg") == alone


@given(st.text())
@settings(max_examples=100, deadline=None)
def test_any_text_may_be_a_name(text: str) -> None:
    medication_classes_named(text)
    medication_classes_named(f"{text} aſpirin K")


def test_an_ingredient_has_the_classes_its_name_has() -> None:
    for row in rows("medications"):
        if row["system"] == "rxnorm":
            by_code = medication_classes_by("rxnorm", row["code"])
            assert by_code == medication_classes_named(row["display"]), row


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Lisinopril 10 MG Oral Tablet", {"antihypertensive", "raas", "ace_inhibitor"}),
        ("amLODIPine 5 mg", {"antihypertensive"}),
        ("acetylsalicylic acid 75 mg", {"antiplatelet"}),
        ("Acetylsalicylsyre 75 mg", {"antiplatelet"}),
        (
            "hydrochlorothiazide 12.5 MG / losartan potassium 50 MG",
            {"antihypertensive", "raas", "arb", "thiazide"},
        ),
        ("sitagliptin-metformin", {"metformin", "glucose_lowering"}),
        ("Advil 200 mg", {"nsaid"}),
        ("IPREN 400 mg", {"nsaid"}),
        ("Voltaren gel", set()),
        ("Janumet 50/1000", {"metformin", "glucose_lowering"}),
        ("Glucophage XR", {"metformin", "glucose_lowering"}),
        ("Eliquis 5 mg", {"anticoagulant", "doac", "apixaban"}),
        ("Lantus SoloStar", {"insulin", "glucose_lowering"}),
        ("metformin/empagliflozin", {"metformin", "sglt2i", "glucose_lowering"}),
        ("insulin glargine", {"insulin", "glucose_lowering"}),
        ("Gliclazid 80 mg", {"glucose_lowering"}),
        ("tamoxifen citrate 20 MG Oral Tablet", {"endocrine_therapy"}),
        ("paracetamol 500 mg", set()),
        ("Amoxicillin 875 MG / Clavulanate 125 MG Oral Tablet", {"penicillin"}),
        ("COVID-19 vaccine", set()),
        ("timolol 5 MG/ML Ophthalmic Solution", set()),
        ("diclofenac sodium 1 % topical gel", set()),
        ("ibuprofen 200 MG gel capsule", {"nsaid"}),
        ("ibuprofen soft gel", {"nsaid"}),
    ],
)
def test_a_name_holds_its_ingredients_as_whole_words(text: str, expected: set[str]) -> None:
    assert medication_classes_named(text) == frozenset(expected)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tablet",
        "blood thinner",
        "anti-inflammatory",
        "blinded study drug or placebo",
        "angiotensin II receptor blocker",
        "vitamin K antagonist",
        "adenosine diphosphate receptor inhibitor",
        "calcium channel blocker",
        "aspirinal",
        "non-aspirin pain reliever",
        "pain relief, aspirin-free",
        "pain relief, paracetamol-free",
    ],
)
def test_a_name_without_a_known_ingredient_says_nothing(text: str) -> None:
    assert medication_classes_named(text) is None


def test_a_known_ingredient_does_not_vouch_for_an_unknown_one_beside_it() -> None:
    assert medication_classes_named("omeprazole 20 MG / XYZ-123 5 MG Oral Tablet") is None
    assert medication_classes_named("XYZ-123 + paracetamol") is None


def test_a_carrier_does_not_vouch_for_what_it_carries() -> None:
    assert medication_classes_named("XYZ-123 in sodium chloride 9 MG/ML") is None
    assert medication_classes_named("XYZ-123 calcium 10 mg") is None


def test_a_look_back_is_a_duration_of_iso_8601() -> None:
    assert look_back("PT12H") == timedelta(hours=12)
    assert look_back("P7D") == timedelta(days=7)
    assert look_back("P1Y") == timedelta(days=366)
    assert look_back("P3M") == timedelta(days=93)


@pytest.mark.parametrize("text", ["", "P", "1Y", "P1W", "PT", "P1Y "])
def test_anything_else_is_no_look_back(text: str) -> None:
    with pytest.raises(ValueError, match="not a look-back"):
        look_back(text)


def test_the_mappings_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        value_sets.concepts()["new"] = concepts()["sbp"]  # type: ignore[index]


@pytest.mark.parametrize("brand", sorted(value_sets.BRANDS))
def test_a_brand_is_of_every_class_of_each_of_its_ingredients(brand: str) -> None:
    of = value_sets.BRANDS[brand]
    known = [value_sets.medication_classes_named(each) for each in of]
    assert None not in known
    whole = frozenset[str]().union(*(each or () for each in known))
    assert whole <= (value_sets.medication_classes_named(brand) or frozenset())


@pytest.mark.parametrize(
    ("brand", "classes"),
    [
        ("Aldactone 25 mg", {"mra", "antihypertensive"}),
        ("Plavix 75 mg", {"clopidogrel", "antiplatelet"}),
        ("Hyzaar 100-25", {"raas", "thiazide"}),
        ("Bactrim DS 800-160 mg", {"trimethoprim", "sulfonamide_antibacterial"}),
    ],
)
def test_a_brand_in_a_text_is_known_for_what_is_in_it(brand: str, classes: set[str]) -> None:
    assert classes <= (value_sets.medication_classes_named(brand) or frozenset())
