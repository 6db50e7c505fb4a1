"""That a specimen was haemolysed is read wherever it may be said, and not where it is denied."""

from datetime import UTC, datetime
from typing import Any

import pytest

from fhir_adapters.facts.facts import latest
from fhir_adapters.record import NoteCode
from tests.fhir_adapters.sent import Resource, observation, quantity, read

NOW = datetime(2026, 3, 15, 12, tzinfo=UTC)
TABLE = "http://terminology.hl7.org/CodeSystem/v2-0493"
HAEMOLYSED = {"coding": [{"system": TABLE, "code": "HEM"}]}
SPECIMEN = {"resourceType": "Specimen", "id": "s1"}
POINTER = {"reference": "Specimen/s1"}


def potassium(value: float = 6.6, **fields: Any) -> Resource:
    return observation("2823-3", quantity(value, "mmol/L"), **fields)


def is_noted(*sent: Resource) -> bool:
    (found,) = read(*sent).measurements["potassium"]
    return NoteCode.HAEMOLYSED in {note.code for note in found.notes}


@pytest.mark.parametrize(
    "text",
    [
        "Specimen grossly haemolysed, result unreliable",
        "HEMOLYZED",
        "slight hemolysis",
        "Prøven er hæmolyseret",
        "Deutliche Hämolyse",
        "Result may be affected by haemolysis. Not confirmed.",
        "No fasting. Haemolysed.",
    ],
)
def test_haemolysis_in_a_note_is_noted(text: str) -> None:
    assert is_noted(potassium(note=[{"text": text}]))
    assert is_noted(potassium(comments=text))


@pytest.mark.parametrize(
    "text",
    [
        "not haemolysed",
        "Non-hemolyzed sample",
        "no visible haemolysis",
        "No evidence of hemolysis",
        "Haemolysis: none",
        "Haemolysis index 12",
        "Hæmolyse 0",
        "",
        "lipaemic",
    ],
)
def test_that_there_is_none_is_not(text: str) -> None:
    assert not is_noted(potassium(note=[{"text": text}]))
    assert not is_noted(potassium(interpretation=[{"text": text}]))


def test_an_interpretation_tells_it_by_code_or_in_words() -> None:
    assert is_noted(potassium(interpretation=[HAEMOLYSED]))
    assert is_noted(potassium(interpretation=HAEMOLYSED))
    assert is_noted(potassium(interpretation=[{"coding": [{"display": "Hemolyzed"}]}]))
    other = {"coding": [{"system": "urn:x", "code": "HEM"}]}
    assert not is_noted(potassium(interpretation=[other]))
    assert not is_noted(potassium(interpretation=[{"coding": [{"code": "HH"}]}]))


def test_so_does_the_condition_of_a_specimen_inside_or_elsewhere() -> None:
    sent = potassium(specimen=POINTER)
    assert is_noted(sent, SPECIMEN | {"condition": [HAEMOLYSED]})
    assert is_noted(sent, SPECIMEN | {"note": [{"text": "haemolysed"}]})
    inside = potassium(
        specimen={"reference": "#s1"}, contained=[SPECIMEN | {"condition": [HAEMOLYSED]}]
    )
    assert is_noted(inside)
    assert not is_noted(sent, SPECIMEN)
    assert not is_noted(sent)


@pytest.mark.parametrize("value", [7, "haemolysed", [7], [{"text": 7}], {"text": "x"}])
def test_a_note_that_cannot_be_read_costs_nothing_but_itself(value: object) -> None:
    assert not is_noted(potassium(note=value))


def test_a_haemolysed_result_is_used_and_says_so() -> None:
    fact = latest(
        read(potassium(note=[{"text": "haemolysed"}])),
        "potassium",
        unit="mmol/L",
        window="acute",
        as_of=NOW,
    )
    assert fact.value == 6.6
    assert [note.text for note in fact.notes] == ["haemolysed specimen: to be repeated"]


def test_of_two_results_of_one_moment_the_one_that_is_not_haemolysed_counts() -> None:
    record = read(potassium(6.6, id="z", note=[{"text": "haemolysed"}]), potassium(4.4, id="a"))
    fact = latest(record, "potassium", unit="mmol/L", window="acute", as_of=NOW)
    assert (fact.value, fact.notes) == (4.4, ())


def test_it_is_a_matter_of_the_laboratory() -> None:
    pulse = observation("8867-4", quantity(80, "/min"), note=[{"text": "haemolysed"}])
    (found,) = read(pulse).measurements["heart_rate"]
    assert found.notes == ()
