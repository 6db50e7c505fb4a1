import json
from pathlib import Path
from typing import Any

import pytest

from cds_hooks.census.inpatients import Inpatient, NoCensus, listed, searched
from cds_hooks.fhir_client.response import NotFetched


def bundle(*resources: object, following: str = "") -> bytes:
    link = [{"relation": "next", "url": following}] if following else []
    entry = [{"resource": each} for each in resources]
    made = {"resourceType": "Bundle", "type": "searchset", "link": link, "entry": entry}
    return json.dumps(made).encode()


def stay(encounter: str, subject: str) -> dict[str, Any]:
    return {"resourceType": "Encounter", "id": encounter, "subject": {"reference": subject}}


def test_encounters_and_patients_are_a_census_and_each_patient_is_there_once() -> None:
    answer = bundle(
        stay("e1", "Patient/a"),
        stay("e2", "https://ehr.example/fhir/Patient/b"),
        stay("e3", "Patient/a"),
        {"resourceType": "Patient", "id": "c"},
        stay("e4", "Group/g"),
        {"resourceType": "Encounter", "id": "e5"},
    )
    found = searched(lambda *_: answer, "Encounter")
    assert found.whole
    assert found.inpatients == (Inpatient("a", "e3"), Inpatient("b", "e2"), Inpatient("c"))


def test_all_pages_are_read_and_a_page_that_fails_is_lacking() -> None:
    pages = {
        "Encounter": bundle(stay("e1", "Patient/a"), following="https://ehr.example/2"),
        "https://ehr.example/2": bundle(stay("e2", "Patient/b")),
    }

    def ask(query: str, _: int) -> bytes:
        if query not in pages:
            raise NotFetched("late")
        return pages[query]

    assert len(searched(ask, "Encounter").inpatients) == 2
    del pages["https://ehr.example/2"]
    found = searched(ask, "Encounter")
    assert (len(found.inpatients), found.whole) == (1, False)


@pytest.mark.parametrize("answer", [b"{}", b"[", b'{"resourceType":"OperationOutcome"}', b""])
def test_what_is_no_searchset_is_no_census(answer: bytes) -> None:
    with pytest.raises(NoCensus):
        searched(lambda *_: answer, "Encounter")


def test_what_the_server_says_it_left_out_makes_a_census_of_a_part() -> None:
    answer = bundle(stay("e1", "Patient/a"), {"resourceType": "OperationOutcome", "issue": []})
    assert not searched(lambda *_: answer, "Encounter").whole


def test_a_server_that_fails_gives_no_census_and_an_error_without_an_address() -> None:
    def ask(_: str, __: int) -> bytes:
        raise NotFetched("status", status=503)

    with pytest.raises(NoCensus, match="not fetched: status 503"):
        searched(ask, "Encounter")


def test_an_empty_searchset_is_an_empty_census() -> None:
    assert searched(lambda *_: bundle(), "Encounter").inpatients == ()


def test_a_file_is_a_census(tmp_path: Path) -> None:
    file = tmp_path / "beds.csv"
    file.write_text("patient,encounter\nPatient/a,e1\nb,\n,e3\n")
    assert listed(file).inpatients == (Inpatient("a", "e1"), Inpatient("b"))


@pytest.mark.parametrize("content", [b"name\na\n", b"\xff\xfe"])
def test_a_file_without_patients_is_none(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "beds.csv").write_bytes(content)
    with pytest.raises(NoCensus):
        listed(tmp_path / "beds.csv")
    with pytest.raises(NoCensus):
        listed(tmp_path / "absent.csv")
