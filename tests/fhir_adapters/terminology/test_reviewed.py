from collections import Counter

import pytest

from fhir_adapters.terminology.condition_codes import (
    conditions_by,
    standing_by,
)
from fhir_adapters.terminology.reviewed import (
    OTHER_THAN_CONDITIONS,
    REASONS,
    STANDINGS,
    Decision,
    condition_groups,
    decisions,
    groups,
    published_sets,
    sample_of_left_out,
)
from fhir_adapters.terminology.tables import rows
from fhir_adapters.terminology.value_sets import (
    answer,
    concepts,
    conditions,
    label,
    measured_by,
    medication_classes,
    medication_classes_by,
    narrower,
    wider,
)
from tests.check_digits import has_verhoeff_check_digit

ALL = [each for group in groups() for each in decisions(group)]
NAMES = {*concepts(), *conditions(), *medication_classes()}


def read(each: Decision) -> frozenset[str]:
    """What the readers make of a code."""
    if each.group == "measurements":
        return frozenset(filter(None, [measured_by(each.system, each.code)]))
    if each.group == "drugs":
        return medication_classes_by(each.system, each.code) or frozenset()
    if each.group == "answers":
        said = answer("smoking_status", each.system, each.code)
        return frozenset({f"smoking_status={said}"}) if said else frozenset()
    return conditions_by(each.system, each.code)


@pytest.mark.parametrize("group", groups())
def test_a_group_decides_on_each_code_once(group: str) -> None:
    counted = Counter((each.system, each.code) for each in decisions(group))
    assert counted
    assert max(counted.values()) == 1


def test_every_decision_is_to_take_or_to_leave() -> None:
    decided = {row["decision"] for group in groups() for row in rows(f"reviewed/{group}")}
    assert decided == {"taken", "left"}


def test_what_is_taken_means_what_is_known() -> None:
    said = {
        (each.group, key.partition("=")[0]) for each in ALL if each.taken for key in each.meaning
    }
    assert {key for group, key in said if group in condition_groups()} <= set(conditions())
    assert {key for group, key in said if group in OTHER_THAN_CONDITIONS} <= NAMES
    assert [each for each in ALL if not each.meaning] == []


def test_what_is_left_out_has_one_reason_of_the_closed_list() -> None:
    left = [each for each in ALL if not each.taken]
    assert [each for each in left if len(each.meaning) != 1] == []
    assert frozenset().union(*(each.meaning for each in left)) <= set(REASONS)


def test_every_reason_of_the_closed_list_is_used() -> None:
    used = frozenset().union(*(each.meaning for each in ALL if not each.taken))
    assert used == set(REASONS)


def test_a_seeded_sample_of_what_is_left_out_was_reviewed_a_second_time() -> None:
    sampled = [(each.group, each.system, each.code, *each.meaning) for each in sample_of_left_out()]
    again = rows("reviewed_again")
    assert [(r["group"], r["system"], r["code"], r["reason"]) for r in again] == sampled
    assert {row["verdict"] for row in again} == {"agreed"}
    assert len(sampled) >= 0.05 * len([each for each in ALL if not each.taken])


def test_a_standing_is_of_the_closed_list_and_of_a_code_that_is_taken() -> None:
    assert {each.standing for each in ALL} <= STANDINGS
    assert [each for each in ALL if each.standing and not each.taken] == []


def test_no_code_has_two_standings() -> None:
    said: dict[tuple[str, str], set[str]] = {}
    for each in ALL:
        if each.taken:
            said.setdefault((each.system, each.code), set()).add(each.standing)
    assert [code for code, standings in said.items() if len(standings) > 1] == []


def test_every_snomed_code_has_its_check_digit() -> None:
    codes = {each.code for each in ALL if each.system == "snomed"}
    assert [code for code in codes if not has_verhoeff_check_digit(code)] == []


def test_a_code_that_is_taken_is_read_as_what_it_means() -> None:
    assert [each for each in ALL if each.taken and not each.meaning <= read(each)] == []


def test_a_measurement_answer_or_drug_that_is_left_out_is_read_as_nothing() -> None:
    left = [each for each in ALL if each.group in OTHER_THAN_CONDITIONS and not each.taken]
    assert [each for each in left if read(each)] == []


def test_a_drug_of_none_of_our_classes_is_known_as_such() -> None:
    assert medication_classes_by("rxnorm", "1001405") == frozenset()
    assert medication_classes_by("rxnorm", "260376") == frozenset({"antihypertensive"})
    assert medication_classes_by("rxnorm", "830197") is None


def test_a_snomed_code_that_a_group_leaves_out_records_nothing_that_the_group_is_about() -> None:
    taken = {(each.system, each.code) for each in ALL if each.taken}
    subjects = {
        group: frozenset().union(*(each.meaning for each in decisions(group) if each.taken))
        for group in groups()
    }
    wrong = [
        each
        for each in ALL
        if (each.system, each.code) not in taken and each.system == "snomed"
        if conditions_by(each.system, each.code) & subjects[each.group]
    ]
    assert wrong == []


def test_a_label_is_in_our_words_and_not_in_the_terms_of_a_code_system() -> None:
    names = [label(key) for key in NAMES]
    for group in groups():
        for row in rows(f"reviewed/{group}"):
            ours = row["label"].startswith((group.replace("_", " "), *names))
            assert ours, row


def test_every_published_set_is_mapped_or_says_why_not() -> None:
    assert [each for each in published_sets() if bool(each.group) == bool(each.why)] == []
    assert max(Counter(each.set for each in published_sets()).values()) == 1


def test_every_code_names_who_published_it() -> None:
    publishers = {each.publisher for each in published_sets()}
    assert {word for each in ALL for word in each.source.split()} == publishers


@pytest.mark.parametrize(
    ("code", "key"),
    [
        ("441481004", "heart_failure"),
        ("153951000119103", "heart_failure"),
        ("195080001", "atrial_fibrillation"),
        ("467643831000119105", "atrial_fibrillation"),
        ("401314000", "mi"),
        ("4557003", "cad"),
        ("232717009", "cad"),
        ("36969009", "cad"),
        ("230698000", "stroke_ischemic"),
        ("195243003", "stroke_ischemic"),
        ("714152005", "dialysis"),
        ("105502003", "dialysis"),
        ("236435004", "dialysis"),
        ("708931003", "dialysis"),
        ("233589006", "dialysis"),
        ("737295003", "kidney_transplant"),
        ("324441000000106", "ckd"),
        ("135836000", "copd"),
        ("235895002", "cirrhosis"),
        ("57630001", "pregnancy"),
        ("59466002", "pregnancy"),
        ("41587001", "pregnancy"),
        ("162607003", "palliative"),
        ("162608008", "palliative"),
        ("133918004", "comfort_measures"),
        ("699347000", "mechanical_valve"),
        ("736892002", "mechanical_valve"),
        ("705991002", "mechanical_valve"),
        ("174920003", "valve_prosthesis_unknown"),
        ("174954002", "valve_prosthesis_unknown"),
        ("127309004", "intracranial_hemorrhage"),
        ("16462851000119106", "statin_intolerance"),
    ],
)
def test_a_published_code_records_the_condition(code: str, key: str) -> None:
    assert key in conditions_by("snomed", code)


@pytest.mark.parametrize(
    ("code", "key"),
    [
        ("1003605004", "diabetes"),
        ("371807002", "cad"),
        ("698378009", "cad"),
        ("417038009", "dialysis"),
        ("736919006", "dialysis"),
        ("175899003", "kidney_transplant"),
        ("4210003", "hypertension"),
        ("24184005", "hypertension"),
        ("710066005", "cirrhosis"),
        ("11466000", "pregnancy"),
        ("169826009", "pregnancy"),
        ("306205009", "palliative"),
        ("315609007", "cancer"),
        ("238077000", "familial_hypercholesterolemia"),
    ],
)
def test_a_code_that_only_looks_like_it_records_nothing(code: str, key: str) -> None:
    assert key not in conditions_by("snomed", code)


def test_a_mixed_valve_code_is_neither_mechanical_nor_biological() -> None:
    for system, code in [("snomed", "174920003"), ("snomed", "174954002"), ("icd10", "Z95.2")]:
        assert conditions_by(system, code) == {"valve_prosthesis_unknown"}
    assert conditions_by("icd10", "Z95.3") == {"bioprosthetic_valve"}


def test_history_and_resolution_are_told_from_the_disease() -> None:
    assert standing_by("snomed", "312442005") == "history"
    assert standing_by("snomed", "315051004") == "resolved"
    assert standing_by("snomed", "49436004") == ""
    assert standing_by("icd10", "315051004") == ""


def test_what_a_resolution_covers_includes_the_narrower_conditions() -> None:
    assert {"diabetes", "diabetes_t1", "diabetes_t2"} <= narrower(frozenset({"diabetes"}))
    assert narrower(frozenset({"mi"})) == {"mi"}
    assert wider(frozenset({"comfort_measures"})) == {"comfort_measures", "palliative"}
