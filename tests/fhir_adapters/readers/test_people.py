"""Who the patient is: a birth date as precise as it is; sex for clinical use, never a default."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fhir_adapters.record import DropCode, Dropped, Note, NoteCode, Person, Source, When
from tests.fhir_adapters.sent import dropped, patient, read, searchset

HL7 = "http://hl7.org/fhir"
PARAMETER = f"{HL7}/StructureDefinition/patient-sexParameterForClinicalUse"
BIRTH_SEX = f"{HL7}/us/core/StructureDefinition/us-core-birthsex"
CORE_SEX = f"{HL7}/us/core/StructureDefinition/us-core-sex"
ABSENT = {"extension": [{"url": f"{HL7}/StructureDefinition/data-absent-reason", "valueCode": "x"}]}

WITHHELD = Note(NoteCode.ESTIMATED, "the birth date is withheld or a placeholder")
INCOMPLETE = Note(NoteCode.ESTIMATED, "the birth date is not complete")
NEW_YEAR = Note(NoteCode.ESTIMATED, "born on 1 January: perhaps an estimate")
DIFFERS = Note(NoteCode.AS_REPORTED, "sex for clinical use; administrative gender differs")
NOT_IN_USE = Note(NoteCode.STALE, "the patient record is marked as not in use")
REPLACED = Note(NoteCode.STALE, "the patient record was replaced by another")


def person(**fields: Any) -> Person:
    found = read(patient(**fields)).person
    assert found is not None
    return found


def parameter(*codes: str) -> list[dict[str, Any]]:
    return [
        {
            "url": PARAMETER,
            "extension": [
                {"url": "value", "valueCodeableConcept": {"coding": [{"code": code}]}},
                {"url": "comment", "valueCode": "M"},
            ],
        }
        for code in codes
    ]


def birth_sex(code: str) -> dict[str, str]:
    return {"url": BIRTH_SEX, "valueCode": code}


def test_a_person_is_a_birth_date_a_sex_and_whether_alive() -> None:
    day = datetime(1964, 5, 10, tzinfo=UTC)
    assert person() == Person(
        born=When(day, day + timedelta(days=1, microseconds=-1)),
        sex="female",
        deceased=False,
        source=Source("Patient/p1"),
        notes=(),
    )


@pytest.mark.parametrize(
    ("text", "earliest", "latest"),
    [
        ("1964", datetime(1964, 1, 1, tzinfo=UTC), datetime(1965, 1, 1, tzinfo=UTC)),
        ("1964-05", datetime(1964, 5, 1, tzinfo=UTC), datetime(1964, 6, 1, tzinfo=UTC)),
    ],
)
def test_a_partial_birth_date_is_an_interval(
    text: str, earliest: datetime, latest: datetime
) -> None:
    found = person(birthDate=text)
    assert found.born == When(earliest, latest - timedelta(microseconds=1))
    assert found.notes == (INCOMPLETE,)


@pytest.mark.parametrize("text", [..., None, "", "unknown", "10/05/1964"])
def test_no_birth_date_is_not_known(text: object) -> None:
    found = person(birthDate=text)
    assert (found.born, found.notes) == (None, ())


@pytest.mark.parametrize(
    "fields",
    [{"birthDate": "1900-01-01"}, {"_birthDate": ABSENT}, {"birthDate": ..., "_birthDate": ABSENT}],
)
def test_a_placeholder_or_withheld_birth_date_is_not_known(fields: dict[str, Any]) -> None:
    found = person(**fields)
    assert (found.born, found.notes) == (None, (WITHHELD,))


def test_another_extension_of_the_birth_date_withholds_nothing() -> None:
    time = {"extension": [{"url": f"{HL7}/StructureDefinition/patient-birthTime"}, {}]}
    assert person(_birthDate=time).born is not None
    assert person(_birthDate={}).notes == ()


def test_a_first_of_january_may_be_an_estimate() -> None:
    found = person(birthDate="1964-01-01")
    assert found.born is not None
    assert found.notes == (NEW_YEAR,)


@pytest.mark.parametrize(
    ("gender", "sex"),
    [("female", "female"), ("male", "male"), ("other", ""), ("unknown", ""), (..., ""), (None, "")],
)
def test_without_better_the_administrative_gender_is_used_and_never_a_default(
    gender: object, sex: str
) -> None:
    found = person(gender=gender)
    assert (found.sex, found.notes) == (sex, ())


@pytest.mark.parametrize(
    ("code", "sex"), [("male-typical", "male"), ("female-typical", "female"), ("specified", "")]
)
def test_the_sex_parameter_for_clinical_use_goes_first(code: str, sex: str) -> None:
    found = person(gender="female", extension=[birth_sex("F"), *parameter(code)])
    assert found.sex == sex
    assert found.notes == (() if sex == "female" else (DIFFERS,))


def test_its_r5_spelling_too() -> None:
    url = f"{HL7}/StructureDefinition/individual-sexParameterForClinicalUse"
    assert person(extension=[{**parameter("male-typical")[0], "url": url}]).sex == "male"


def test_a_sex_parameter_that_is_unknown_leaves_it_to_the_next() -> None:
    assert person(gender="female", extension=[*parameter("unknown"), birth_sex("M")]).sex == "male"


def test_sex_parameters_that_contradict_each_other_are_not_known() -> None:
    found = person(gender="female", extension=parameter("male-typical", "female-typical"))
    assert (found.sex, found.notes) == ("", (DIFFERS,))
    assert person(extension=parameter("male-typical", "male-typical")).sex == "male"


@pytest.mark.parametrize(("code", "sex"), [("M", "male"), ("F", "female")])
def test_the_birth_sex_goes_before_gender(code: str, sex: str) -> None:
    assert person(gender="other", extension=[birth_sex(code)]).sex == sex


@pytest.mark.parametrize("code", ["UNK", "OTH", "ASKU"])
def test_a_birth_sex_that_is_unknown_leaves_it_to_gender(code: str) -> None:
    assert person(gender="female", extension=[birth_sex(code)]).sex == "female"


@pytest.mark.parametrize(
    "value",
    [{"valueCode": "248153007"}, {"valueCoding": {"code": "248153007"}}],
)
@pytest.mark.parametrize("url", [CORE_SEX, CORE_SEX.replace("core-sex", "core-individual-sex")])
def test_the_us_core_sex_goes_before_birth_sex(url: str, value: dict[str, Any]) -> None:
    found = person(gender="female", extension=[birth_sex("F"), {"url": url, **value}])
    assert (found.sex, found.notes) == ("male", (DIFFERS,))
    woman = {"url": CORE_SEX, "valueCode": "248152002"}
    assert person(gender="male", extension=[woman]).sex == "female"


def test_other_extensions_are_not_sex() -> None:
    other: list[Any] = [{"url": "urn:x", "valueCode": "M"}, {"valueCode": "M"}, {"url": BIRTH_SEX}]
    other.append({"url": BIRTH_SEX, "valueCoding": {}, "valueCodeableConcept": {"coding": [{}]}})
    assert person(gender="female", extension=other).sex == "female"


@pytest.mark.parametrize(
    ("fields", "deceased"),
    [
        ({"deceasedBoolean": True}, True),
        ({"deceasedBoolean": False}, False),
        ({"deceasedDateTime": "2026-01-01"}, True),
        ({"deceasedDateTime": "last winter"}, True),
    ],
)
def test_the_dead_are_recognised(fields: dict[str, Any], deceased: bool) -> None:
    assert person(**fields).deceased is deceased


def test_a_record_not_in_use_or_replaced_is_noted() -> None:
    assert person(active=False).notes == (NOT_IN_USE,)
    assert person(active=True).notes == ()
    assert person(link=[{"type": "seealso"}]).notes == ()
    replaced = [{"type": "seealso"}, {"type": "replaced-by"}]
    assert person(active=False, link=replaced).notes == (NOT_IN_USE, REPLACED)


def test_remarks_on_birth_come_before_those_on_sex_and_standing() -> None:
    found = person(birthDate="1964", extension=[birth_sex("M")], active=False)
    assert found.notes == (INCOMPLETE, DIFFERS, NOT_IN_USE)


def test_a_patient_that_means_something_else_is_not_read() -> None:
    text = "an unknown extension changes its meaning"
    found = dropped(patient(modifierExtension=[{"url": "urn:x"}]))
    assert found == Dropped(Source("Patient/p1"), DropCode.MODIFIER, text)
    assert dropped(patient(implicitRules="urn:x")).code is DropCode.IMPLICIT_RULES


def test_a_patient_without_id_is_nobody() -> None:
    found = dropped(patient(id=...))
    assert found == Dropped(Source("Patient"), DropCode.NO_SUBJECT, "a Patient without an id")


def test_a_patient_in_two_keys_is_one_person() -> None:
    record = read(patient(), patient=searchset(patient()))
    assert record.person == person()
    assert [each.code for each in record.dropped] == [DropCode.DUPLICATE]
