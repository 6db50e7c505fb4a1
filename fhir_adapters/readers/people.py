"""Who the patient is, as far as predictions need to know."""

from collections.abc import Iterable, Iterator

from fhir_adapters.r4.datatypes import CodeableConcept, Extension
from fhir_adapters.r4.resources import Patient
from fhir_adapters.r4.unusable import Unusable
from fhir_adapters.readers.context import Context
from fhir_adapters.record import DropCode, Dropped, Note, NoteCode, Person, Source, When

# What sex is recorded for is more to the point than the administrative gender; best first.
_SEX_EXTENSIONS = (
    ("patient-sexParameterForClinicalUse", "individual-sexParameterForClinicalUse"),
    ("us-core-sex", "us-core-individual-sex"),
    ("us-core-birthsex",),
)
_SEX = {
    "female": "female",
    "female-typical": "female",
    "F": "female",
    "248152002": "female",
    "male": "male",
    "male-typical": "male",
    "M": "male",
    "248153007": "male",
    "specified": "",  # neither reference range is to be taken for granted
}

# Systems that must have a birth date are given this one where it is not known.
_PLACEHOLDER = "1900-01-01"


def person(patient: Patient, reference: str, context: Context) -> Person | Dropped:
    """Reads birth date, sex for clinical use and whether the patient is dead."""
    source = Source(reference)
    if patient.id is None:  # so it cannot be told whose it is
        return Dropped(source, DropCode.NO_SUBJECT, "a Patient without an id")
    try:
        context.check_use(patient)
    except Unusable as refused:
        return Dropped(source, refused.code, refused.text)
    born, born_notes = _born(patient, context)
    sex, sex_notes = _sex(patient)
    return Person(
        born=born,
        sex=sex,
        deceased=bool(patient.deceased_boolean or patient.deceased_date_time),
        source=source,
        notes=(*born_notes, *sex_notes, *_standing(patient)),
    )


def _born(patient: Patient, context: Context) -> tuple[When | None, tuple[Note, ...]]:
    text = patient.birth_date
    if _withheld(patient) or text == _PLACEHOLDER:
        return None, (Note(NoteCode.ESTIMATED, "the birth date is withheld or a placeholder"),)
    read = context.when(text) if text else None
    if text is None or read is None:
        return None, ()
    if len(text) < len("2000-01-01"):
        return read[0], (Note(NoteCode.ESTIMATED, "the birth date is not complete"),)
    if text.endswith("-01-01"):
        return read[0], (Note(NoteCode.ESTIMATED, "born on 1 January: perhaps an estimate"),)
    return read[0], ()


def _withheld(patient: Patient) -> bool:
    element = patient.birth_date_element
    return element is not None and bool(_named(element.extension, ("data-absent-reason",)))


def _named(extensions: Iterable[Extension] | None, names: tuple[str, ...]) -> list[Extension]:
    return [each for each in extensions or () if (each.url or "").rpartition("/")[2] in names]


def _sex(patient: Patient) -> tuple[str, tuple[Note, ...]]:
    gender = _SEX.get(patient.gender or "", "")
    for names in _SEX_EXTENSIONS:
        said = {_SEX[code] for code in _codes(_named(patient.extension, names)) if code in _SEX}
        if said:
            sex = said.pop() if len(said) == 1 else ""
            return sex, _differing(sex, gender)
    return gender, ()


def _differing(sex: str, gender: str) -> tuple[Note, ...]:
    if sex == gender:
        return ()
    return (Note(NoteCode.AS_REPORTED, "sex for clinical use; administrative gender differs"),)


def _codes(extensions: Iterable[Extension]) -> Iterator[str]:
    for extension in extensions:
        if extension.value_code:
            yield extension.value_code
        if extension.value_coding and extension.value_coding.code:
            yield extension.value_coding.code
        yield from _codings(extension.value_codeable_concept)
        yield from _codes(_named(extension.extension, ("value",)))


def _codings(concept: CodeableConcept | None) -> Iterator[str]:
    for coding in (concept and concept.coding) or ():
        if coding.code:
            yield coding.code


def _standing(patient: Patient) -> Iterator[Note]:
    if patient.active is False:
        yield Note(NoteCode.STALE, "the patient record is marked as not in use")
    if any(link.type == "replaced-by" for link in patient.link or ()):
        yield Note(NoteCode.STALE, "the patient record was replaced by another")
