"""A problem in words is read where every word is understood, and is nothing certain elsewhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_adapters.readers.condition_text import read_text
from fhir_adapters.record import DropCode, NoteCode
from fhir_adapters.terminology.tables import rows
from fhir_adapters.terminology.value_sets import conditions
from tests.fhir_adapters.sent import SNOMED, condition, dropped, read

SURE = {
    "Type 2 diabetes mellitus": "diabetes_t2",
    "diabetes": "diabetes",
    "Type II diabetes, uncontrolled": "diabetes_t2",
    "T2DM": "diabetes_t2",
    "Essential (primary) hypertension": "hypertension",
    "HTN": "hypertension",
    "Paroxysmal atrial fibrillation": "atrial_fibrillation",
    "Atrial fibrillation (disorder)": "atrial_fibrillation",
    "Chronic kidney disease, stage 3b": "ckd",
    "Mechanical aortic valve": "mechanical_valve",
    "Mechanical mitral valve replacement (St Jude)": "mechanical_valve",
    "COPD": "copd",
    "Fracture of wrist": "fracture",
    "Diabetes 2015": "diabetes",
}


@pytest.mark.parametrize("text", SURE)
def test_a_text_of_known_words_only_is_read(text: str) -> None:
    reading = read_text(text)
    assert reading.sure
    assert SURE[text] in reading.concepts
    (found,) = read(condition({"text": text})).conditions
    assert SURE[text] in found.concepts
    assert [note.code for note in found.notes] == [NoteCode.BY_NAME]


def test_a_text_may_name_several() -> None:
    assert read_text("Hypertension and type 2 diabetes").concepts >= {"hypertension", "diabetes"}


@pytest.mark.parametrize(
    "text",
    [
        "No diabetes",
        "Denies diabetes",
        "Not diabetes",
        "Family history of diabetes",
        "FH: diabetes",
        "Mother: diabetes",
        "Risk of diabetes",
        "Diabetes screening",
        "? diabetes",
        "Diabetes?",
        "Possible diabetes",
        "Rule out diabetes",
        "R/O diabetes",
        "Suspected diabetes",
        "Diabetes ruled out",
        "History of diabetes",
        "Diabetes vs asthma",
        "Diabetes or asthma",
        "Diabetes, resolved",
        "s/p diabetes",
    ],
)
def test_words_that_deny_doubt_or_date_keep_a_text_from_being_read(text: str) -> None:
    reading = read_text(text)
    assert not reading.sure
    assert "diabetes" in reading.concepts
    reason = dropped(condition({"text": text}))
    assert reason.code is DropCode.TEXT_ONLY
    assert reason.may_be is not None
    assert "diabetes" in reason.may_be
    assert "hypertension" not in reason.may_be


@pytest.mark.parametrize(
    "text",
    [
        "Diabetes clinic letter",
        "diabetic foot",
        "sugar trouble",
        "Hypertension in pregnancy clinic",
        "Zuckerkrankheit",
        "stage 3",
        "x" * 500,
        "diabetes " * 50,
    ],
)
def test_a_word_that_is_not_known_may_say_anything(text: str) -> None:
    assert not read_text(text).understood
    reason = dropped(condition({"text": text}))
    assert (reason.code, reason.may_be) == (DropCode.TEXT_ONLY, None)


@pytest.mark.parametrize(
    "text", ["Hay fever", "Low back pain", "Diabetes insipidus", "Prediabetes", "Cataract, left"]
)
def test_what_is_known_to_be_something_else_is_placed(text: str) -> None:
    reason = dropped(condition({"text": text}))
    assert reason.code is DropCode.NO_KNOWN_CODE


def test_the_name_of_a_code_that_no_table_holds_makes_nothing_certain() -> None:
    named = {"coding": [{"system": SNOMED, "code": "1", "display": "Type 2 diabetes mellitus"}]}
    reason = dropped(condition(named))
    assert reason.code is DropCode.NAMED_ONLY
    assert reason.may_be == frozenset({"diabetes", "diabetes_t2"})


def test_every_phrase_is_of_a_condition_and_in_plain_words_once() -> None:
    table = rows("condition_words")
    assert len({row["words"] for row in table}) == len(table)
    for row in table:
        assert (row["concept"] in conditions()) == (row["kind"] == "names")
        assert row["words"] == " ".join(row["words"].casefold().split())


@given(st.text())
def test_no_text_raises_and_what_is_sure_is_understood(text: str) -> None:
    reading = read_text(text)
    assert not reading.sure or reading.understood


@given(st.text(alphabet="qwxzjk", min_size=3, max_size=9))
def test_one_unknown_word_is_enough_to_understand_nothing(word: str) -> None:
    assert not read_text(f"type 2 diabetes {word}").understood
