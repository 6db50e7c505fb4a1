"""FHIR resources as servers send them, and the record that is read from them."""

import json
from typing import Any

from fhir_adapters.readers.read import read_record
from fhir_adapters.record import Dropped, Measurement, PatientRecord
from fhir_adapters.terminology.site import SiteMap

Resource = dict[str, Any]

LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
ICD10 = "http://hl7.org/fhir/sid/icd-10"
UCUM = "http://unitsofmeasure.org"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
ATC = "http://www.whocc.no/atc"
TAKEN = "2026-03-15T08:00:00Z"
SUBJECT = {"reference": "Patient/p1"}
KEYS = (
    "patient",
    "vitals",
    "acute-labs",
    "renal-labs",
    "slow-labs",
    "conditions",
    "medications",
    "encounters",
)
SITE = SiteMap()


def _without_gaps(fields: Resource) -> Resource:
    return {name: value for name, value in fields.items() if value is not ...}


def concept(code: str, system: str | None = LOINC, **fields: Any) -> Resource:
    """A CodeableConcept of one coding."""
    coding = {"code": code} | ({} if system is None else {"system": system})
    return {"coding": [coding]} | fields


def quantity(value: float, unit: str = "mg/dL", **fields: Any) -> Resource:
    """A Quantity in UCUM; a field given as `...` is left out."""
    return _without_gaps({"value": value, "unit": unit, "system": UCUM, "code": unit} | fields)


def observation(code: Any = "2160-0", value: Any = 1.0, **fields: Any) -> Resource:
    """A final serum creatinine of 1.0 mg/dL, unless told otherwise."""
    made = {
        "resourceType": "Observation",
        "id": "o1",
        "status": "final",
        "code": concept(code) if isinstance(code, str) else code,
        "subject": SUBJECT,
        "effectiveDateTime": TAKEN,
    }
    if value is not ...:
        made["valueQuantity"] = value if isinstance(value, dict) else quantity(value)
    return _without_gaps(made | fields)


def pressure(systolic: float, diastolic: float, **fields: Any) -> Resource:
    """A blood pressure panel."""
    component = [
        {"code": concept("8480-6"), "valueQuantity": quantity(systolic, "mm[Hg]")},
        {"code": concept("8462-4"), "valueQuantity": quantity(diastolic, "mm[Hg]")},
    ]
    return observation("85354-9", ..., component=component, **fields)


def answered(code: str, answer: str, **fields: Any) -> Resource:
    """A coded Observation with a SNOMED CT answer."""
    return observation(code, ..., valueCodeableConcept=concept(answer, SNOMED), **fields)


def condition(code: Any = "44054006", system: str = SNOMED, **fields: Any) -> Resource:
    """An active, confirmed type 2 diabetes, unless told otherwise."""
    made = {
        "resourceType": "Condition",
        "id": "c1",
        "clinicalStatus": concept("active", None),
        "verificationStatus": concept("confirmed", None),
        "code": concept(code, system) if isinstance(code, str) else code,
        "subject": SUBJECT,
        "onsetDateTime": "2020-05-01",
    }
    return _without_gaps(made | fields)


def order(code: str = "C10AA05", system: str = ATC, **fields: Any) -> Resource:
    """An active order of atorvastatin, unless told otherwise."""
    made = {
        "resourceType": "MedicationRequest",
        "id": "m1",
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": concept(code, system),
        "subject": SUBJECT,
        "authoredOn": "2026-01-05",
    }
    return _without_gaps(made | fields)


def encounter(setting: Any = "IMP", **fields: Any) -> Resource:
    """A hospital stay under way since 13 March 2026, unless told otherwise."""
    made = {
        "resourceType": "Encounter",
        "id": "e1",
        "status": "in-progress",
        "class": {"code": setting} if isinstance(setting, str) else setting,
        "subject": SUBJECT,
        "period": {"start": "2026-03-13T12:00:00Z"},
    }
    return _without_gaps(made | fields)


def patient(**fields: Any) -> Resource:
    """A woman born on 10 May 1964, unless told otherwise."""
    made = {"resourceType": "Patient", "id": "p1", "gender": "female", "birthDate": "1964-05-10"}
    return _without_gaps(made | fields)


def searchset(*resources: Resource, **fields: Any) -> bytes:
    """A searchset Bundle of the resources, or of entries where they are given as such."""
    entries = [each if "resource" in each else {"resource": each} for each in resources]
    bundle = {"resourceType": "Bundle", "type": "searchset", "entry": entries}
    return json.dumps(bundle | fields).encode()


def read(*resources: Resource, site: SiteMap = SITE, **given: bytes | None) -> PatientRecord:
    """The record read when every key was answered and one Bundle holds all the resources.

    `given` replaces what a key holds ("-" in it is written "_"), None leaves the key out.
    """
    keys: dict[str, bytes | None] = dict.fromkeys(KEYS, b"null")
    keys["vitals"] = searchset(*resources)
    keys |= {key.replace("_", "-"): value for key, value in given.items()}
    sent = {key: value for key, value in keys.items() if value is not None}
    return read_record(sent, patient_id="p1", asked=dict.fromkeys(KEYS, 0), site=site)


def measured(resource: Resource, site: SiteMap = SITE) -> Measurement:
    """The one measurement read from one Observation."""
    record = read(resource, site=site)
    (found,) = (each for several in record.measurements.values() for each in several)
    assert record.dropped == ()
    return found


def dropped(resource: Resource, site: SiteMap = SITE) -> Dropped:
    """The one reason why nothing was read from one resource."""
    record = read(resource, site=site)
    assert (record.measurements, record.conditions, record.medications) == ({}, (), ())
    assert (record.person, record.encounters) == (None, ())
    (reason,) = record.dropped
    return reason
