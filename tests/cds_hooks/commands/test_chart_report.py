import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from cds_hooks.bundles.ehr import UnusableBundle
from cds_hooks.commands import chart_report
from fhir_adapters.terminology.site import SiteMap

PATIENTS = Path(__file__).parents[3] / "fixtures" / "patients"
PATIENT = {"resourceType": "Patient", "id": "p1", "gender": "female", "birthDate": "1950-02-03"}
SUBJECT = {"reference": "Patient/p1"}


def read(held: bytes) -> str:
    return chart_report.report(held, SiteMap())


def bundle(*held: Mapping[str, object]) -> bytes:
    entries = [{"resource": resource} for resource in held]
    return json.dumps({"resourceType": "Bundle", "entry": entries}).encode()


def section(text: str, title: str) -> list[str]:
    """The lines under a title."""
    _, _, rest = text.partition(f"{title} (")
    return [line.strip() for line in rest.partition("\n\n")[0].splitlines()[1:]]


def potassium(**more: object) -> dict[str, object]:
    return {
        "resourceType": "Observation",
        "id": "k",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "2823-3"}]},
        "subject": SUBJECT,
        "effectiveDateTime": "2026-03-15",
        "valueQuantity": {"value": 4.2, "unit": "mmol/L"},
        **more,
    }


def test_the_patient_is_told() -> None:
    (line,) = section(read(bundle(PATIENT)), "Patient")
    assert line == "born 1950-02-03, female  Patient/p1"


def test_what_is_not_known_of_the_patient_is_said() -> None:
    bare = {"resourceType": "Patient", "id": "p1", "deceasedBoolean": True}
    (line,) = section(read(bundle(bare)), "Patient")
    assert line.startswith("birth date not known, sex not known, deceased")


def test_a_measurement_is_told_with_its_time_and_source() -> None:
    (line,) = section(read(bundle(PATIENT, potassium())), "Measurements")
    assert line == "Potassium 4.2 mmol/L  2026-03-15  Observation/k"


def test_a_bound_and_a_conversion_are_told() -> None:
    text = read((PATIENTS / "danish-npu.json").read_bytes())
    measured = section(text, "Measurements")
    assert any("eGFR" in line and ">60" in line for line in measured)
    assert any("Haemoglobin" in line and "converted from 8.9 mmol/L" in line for line in measured)


def test_a_coded_answer_is_told_by_its_meaning() -> None:
    text = read((PATIENTS / "danish-npu.json").read_bytes())
    assert any("smoking" in line and "former" in line for line in section(text, "Measurements"))


def test_conditions_and_drugs_are_told_as_they_are_understood() -> None:
    text = read((PATIENTS / "af-stroke-risk-fires.json").read_bytes())
    assert any("fibrillation" in line and "active" in line for line in section(text, "Conditions"))
    assert any("NSAID" in line for line in section(text, "Medications"))


def test_an_unrecognised_drug_is_said_to_be_one() -> None:
    text = read((PATIENTS / "af-stroke-risk-unknown.json").read_bytes())
    assert any(line.startswith("not recognised") for line in section(text, "Medications"))


def test_what_is_not_used_is_told_with_the_reason() -> None:
    unused = potassium(status="entered-in-error")
    (line,) = section(read(bundle(PATIENT, unused)), "Not used")
    assert line.startswith("status: ")
    assert line.endswith("Potassium  2026-03-15  Observation/k")


def test_another_patients_result_is_named_but_not_told() -> None:
    other = potassium(subject={"reference": "Patient/p2"})
    text = read(bundle(PATIENT, other))
    assert section(text, "Measurements") == ["none"]
    assert [line.partition(":")[0] for line in section(text, "Not used")] == ["wrong-patient"]


def test_what_is_invalid_fhir_is_told_though_it_could_be_read() -> None:
    text = read(bundle(PATIENT, potassium(category={"text": "lab"})))
    (line,) = section(text, "Not valid FHIR R4B")
    assert line.startswith("Observation/k  category: ")
    assert section(text, "Measurements") != ["none"]


def test_the_count_of_each_section_is_told() -> None:
    text = read(bundle(PATIENT, potassium()))
    assert "Measurements (1)" in text
    assert "Conditions (0)\n  none" in text


@pytest.mark.parametrize("held", [[], [PATIENT, PATIENT | {"id": "p2"}]], ids=["none", "two"])
def test_a_chart_is_of_one_patient(held: list[Mapping[str, object]]) -> None:
    with pytest.raises(UnusableBundle):
        read(bundle(*held))


def test_nothing_in_a_chart_can_steer_the_terminal() -> None:
    sly = potassium(id="\x1b[2J", status="\x1b[2J")
    assert "\x1b" not in read(bundle(PATIENT, sly))


def test_resources_of_types_that_are_not_read_are_told_by_type() -> None:
    held = [{"resourceType": "DiagnosticReport", "id": f"d{n}"} for n in range(7)]
    others = {"resourceType": "Immunization", "id": "a"}, {"resourceType": "Consent"}
    told = section(read(bundle(PATIENT, *held, *others)), "Not used")
    said = "type-not-read: resources of this type are not read"
    assert told == [
        f"{said}  Consent/",
        f"{said}  {', '.join(f'DiagnosticReport/d{n}' for n in range(5))} and 2 more",
        f"{said}  Immunization/a",
    ]


def test_an_allergy_is_told_with_how_sure_and_severe_it_is() -> None:
    allergy = {
        "resourceType": "AllergyIntolerance",
        "id": "a",
        "code": {"text": "penicillins"},
        "patient": SUBJECT,
        "criticality": "high",
        "verificationStatus": {"coding": [{"code": "unconfirmed"}]},
    }
    (line,) = section(read(bundle(PATIENT, allergy)), "Allergies")
    assert line == "Penicillin, severe, not confirmed  AllergyIntolerance/a"


def test_a_drug_in_a_resource_that_is_not_read_is_told_once() -> None:
    dispensed = {"resourceType": "MedicationDispense", "id": "m", "status": "completed"}
    told = section(read(bundle(PATIENT, dispensed)), "Not used")
    assert told == ["type-not-read: a resource of a type that is not read  MedicationDispense/m"]


def test_a_byte_order_mark_and_nulls_are_taken_as_the_server_takes_them() -> None:
    sent = bundle(PATIENT, potassium())
    assert read(b"\xef\xbb\xbf" + sent) == read(sent)
    entries = [None, {"resource": None}, {"resource": PATIENT, "fullUrl": None}, {}]
    nulls = {"resourceType": "Bundle", "entry": entries, "total": None}
    assert section(read(json.dumps(nulls).encode()), "Patient")
    with pytest.raises(UnusableBundle, match="holds no Patient"):
        read(b'{"resourceType": "Bundle", "entry": null}')
