"""The searches: within what every EHR can resolve, and bringing all that facts are read from."""

import re

import pytest

from fhir_adapters.terminology.queries import cadence_of, cadences_of, read_from, template
from fhir_adapters.terminology.value_sets import codes_of, concepts, conditions, medication_classes

OF_OBSERVATIONS = ("vitals", "acute-labs", "renal-labs", "slow-labs")


def codes(query: str) -> list[str]:
    found = re.search(r"[?&]code=([^&]*)&", query)
    assert found
    return found[1].split(",")


def test_the_patient_is_read() -> None:
    assert template("patient", ["age"], count=0) == "Patient/{{context.patientId}}"


def test_conditions_are_searched_with_a_count() -> None:
    expected = "Condition?patient={{context.patientId}}&_count=300"
    assert template("conditions", ["mi"], count=300) == expected


def test_active_medication_is_searched_with_a_count() -> None:
    expected = "MedicationRequest?patient={{context.patientId}}&status=active&_count=200"
    assert template("medications", ["statin"], count=200) == expected


def test_procedures_and_devices_are_searched_with_a_count() -> None:
    expected = "Procedure?patient={{context.patientId}}&_sort=-date&_count=300"
    assert template("procedures", ["dialysis"], count=300) == expected
    assert template("devices", ["mechanical_valve"], count=100) == (
        "Device?patient={{context.patientId}}&_count=100"
    )


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("mechanical_valve", ("conditions", "procedures", "devices")),
        ("dialysis", ("conditions", "procedures")),
        ("ckd", ("conditions", "procedures")),
        ("ascvd", ("conditions", "procedures")),
        ("hypertension", ("conditions",)),
        ("diabetes_onset_age", ("conditions",)),
        ("creatinine", ("renal-labs",)),
        ("statin", ("medications",)),
        ("score2_region", ()),
    ],
)
def test_a_fact_is_asked_for_wherever_it_may_be_recorded(name: str, keys: tuple[str, ...]) -> None:
    assert cadences_of(name) == keys


def test_observations_are_searched_by_code_newest_first() -> None:
    assert template("renal-labs", ["cystatin_c"], count=100) == (
        "Observation?patient={{context.patientId}}"
        f"&code={','.join(code for _, code in codes_of('cystatin_c'))}"
        "&_sort=-date&_count=100"
    )


def test_only_names_of_that_key_are_asked_for() -> None:
    query = template("renal-labs", ["creatinine", "potassium", "mi", "age"], count=1)
    assert codes(query) == [code for _, code in codes_of("creatinine")]


def test_a_blood_pressure_is_asked_for_by_its_panels_too() -> None:
    found = codes(template("vitals", ["sbp"], count=1))
    assert found[0] == "85354-9"
    assert set(found) >= {"55284-4", "35094-2", "96607-7", "8480-6"}
    assert "85354-9" not in codes(template("vitals", ["waist"], count=1))


@pytest.mark.parametrize(
    ("name", "parts"),
    [("bmi", ["bmi", "weight", "height"]), ("map", ["map", "sbp", "dbp"])],
)
def test_what_may_be_computed_is_asked_for_by_its_parts_too(name: str, parts: list[str]) -> None:
    found = codes(template("vitals", [name], count=1))
    assert list(read_from(name)) == parts
    for part in parts:
        assert {code for _, code in codes_of(part)} <= set(found)


def test_pregnancy_is_asked_for_by_its_status_and_by_tests() -> None:
    assert read_from("pregnancy") == ("pregnancy", "pregnancy_status", "pregnancy_test")
    observed = ("pregnancy_status", "pregnancy_test")
    expected = [code for name in observed for _, code in codes_of(name)]
    assert codes(template("slow-labs", ["pregnancy"], count=1)) == expected


def test_anything_else_is_read_from_itself() -> None:
    assert read_from("creatinine") == ("creatinine",)


def test_no_code_is_asked_for_twice() -> None:
    for key in OF_OBSERVATIONS:
        found = codes(template(key, [*concepts(), *concepts()], count=1))
        assert len(found) == len(set(found))


@pytest.mark.parametrize("key", OF_OBSERVATIONS)
def test_every_template_is_one_that_all_clients_can_resolve(key: str) -> None:
    query = template(key, concepts(), count=200)
    names = re.findall(r"[?&]([^=]*)=", query)
    assert names == ["patient", "code", "_sort", "_count"]
    assert query.count("?") == 1
    assert re.findall(r"\{\{.*?\}\}", query) == ["{{context.patientId}}"]
    assert len(query) < 2000


@pytest.mark.parametrize("key", OF_OBSERVATIONS)
def test_every_concept_of_a_key_is_asked_for(key: str) -> None:
    found = set(codes(template(key, concepts(), count=1)))
    for name, concept in concepts().items():
        if concept.cadence == key:
            assert {code for _, code in codes_of(name)} <= found


def test_every_name_has_the_key_that_holds_it() -> None:
    assert {cadence_of(name) for name in ("age", "sex")} == {"patient"}
    assert {cadence_of(name) for name in conditions()} == {"conditions"}
    assert cadence_of("diabetes_onset_age") == "conditions"
    assert {cadence_of(name) for name in medication_classes()} == {"medications"}
    assert {cadence_of(name) for name in concepts()} == set(OF_OBSERVATIONS)
    assert cadence_of("sbp") == "vitals"
    assert cadence_of("creatinine") == "renal-labs"


def test_what_is_not_in_the_chart_has_none() -> None:
    assert cadence_of("score2_region") == ""
