"""FHIR R4 resources, and their DSTU2, STU3 and R5 shapes, as lenient Structs of the fields read."""

from typing import TypeAlias

from msgspec import Raw, field

from fhir_adapters.r4.datatypes import (
    NOTHING,
    Backbone,
    Code,
    CodeableConcept,
    CodeableReference,
    Coding,
    Element,
    Extension,
    Identifier,
    Meta,
    Part,
    Period,
    Present,
    Quantity,
    Range,
    Reference,
    Resource,
    Timing,
)


class Link(Part):
    """A link between two Patient resources."""

    type: str | None = None


class Patient(Resource, tag_field="resourceType", tag="Patient"):
    """The person, without name, address or any identifier."""

    active: bool | None = None
    gender: str | None = None
    birth_date: str | None = None
    birth_date_element: Element | None = field(default=None, name="_birthDate")
    deceased_boolean: bool | None = None
    deceased_date_time: str | None = None
    link: list[Link] | None = None
    extension: list[Extension] | None = None


class Valued(Backbone):
    """What has a code and a value of one of many types."""

    code: CodeableConcept | None = None
    value_quantity: Quantity | None = None
    value_codeable_concept: CodeableConcept | None = None
    value_string: str | None = None
    value_integer: float | None = None
    value_boolean: bool | None = None
    value_range: Present | None = None
    value_ratio: Present | None = None
    value_sampled_data: Present | None = None
    value_period: Present | None = None
    value_attachment: Present | None = None
    value_reference: Present | None = None
    value_time: str | None = None
    value_date_time: str | None = None
    data_absent_reason: CodeableConcept | None = None


class Component(Valued):
    """One part of an Observation that has several."""


class Observation(Valued, tag_field="resourceType", tag="Observation"):
    """A measurement or a coded answer."""

    meta: Meta | None = None
    implicit_rules: str | None = None
    contained: list[Raw] | None = None
    identifier: list[Identifier] | None = None
    status: str | None = None
    subject: Reference | None = None
    focus: list[Reference] | Reference | None = None
    effective_date_time: str | None = None
    effective_period: Period | None = None
    effective_instant: str | None = None
    effective_timing: Timing | None = None
    issued: str | None = None
    performer: list[Reference] | Reference | None = None
    method: CodeableConcept | None = None
    specimen: Reference | None = None
    component: list[Component] | None = None
    interpretation: Raw = NOTHING
    note: Raw = NOTHING
    reference_range: Raw = NOTHING
    comments: str | None = None


class Specimen(Resource, tag_field="resourceType", tag="Specimen"):
    """What was examined; read where an Observation points at it."""

    type: CodeableConcept | None = None
    condition: list[CodeableConcept] | None = None
    note: Raw = NOTHING


class Stage(Part):
    """How far a condition has come."""

    summary: CodeableConcept | None = None


class Condition(Resource, tag_field="resourceType", tag="Condition"):
    """A problem or diagnosis; DSTU2 has `patient` and plain codes for the two statuses."""

    clinical_status: Code = None
    verification_status: Code = None
    category: list[CodeableConcept] | Code = None
    code: CodeableConcept | None = None
    subject: Reference | None = None
    patient: Reference | None = None
    stage: list[Stage] | Stage | None = None
    onset_date_time: str | None = None
    onset_period: Period | None = None
    onset_age: Quantity | None = None
    onset_quantity: Quantity | None = None
    onset_range: Range | None = None
    abatement_date_time: str | None = None
    abatement_period: Period | None = None
    abatement_age: Present | None = None
    abatement_quantity: Present | None = None
    abatement_range: Present | None = None
    abatement_string: str | None = None
    abatement_boolean: bool | None = None
    recorded_date: str | None = None
    asserted_date: str | None = None
    date_recorded: str | None = None
    extension: list[Extension] | None = None


class Procedure(Resource, tag_field="resourceType", tag="Procedure"):
    """What was done to the patient; DSTU2 and STU3 say by a flag that it was not."""

    status: str | None = None
    not_performed: bool | None = None
    not_done: bool | None = None
    code: CodeableConcept | None = None
    subject: Reference | None = None
    performed_date_time: str | None = None
    performed_period: Period | None = None
    occurrence_date_time: str | None = None
    occurrence_period: Period | None = None


class Device(Resource, tag_field="resourceType", tag="Device"):
    """A device, of which those in a patient are read; R5 has several types and no patient."""

    status: str | None = None
    type: list[CodeableConcept] | CodeableConcept | None = None
    patient: Reference | None = None


class DeviceUse(Resource):
    """What statements that a patient uses a device have in common."""

    status: str | None = None
    subject: Reference | None = None
    patient: Reference | None = None
    timing_date_time: str | None = None
    timing_period: Period | None = None


class DeviceUseStatement(DeviceUse, tag_field="resourceType", tag="DeviceUseStatement"):
    """A statement that a device is used."""

    device: Reference | None = None
    when_used: Period | None = None
    recorded_on: str | None = None


class DeviceUsage(DeviceUse, tag_field="resourceType", tag="DeviceUsage"):
    """R5's statement that a device is used."""

    device: CodeableReference | None = None
    date_asserted: str | None = None


class Ingredient(Part):
    """One substance of a medication; R5 has `item` as a CodeableReference, DSTU2 as a Reference."""

    item_codeable_concept: CodeableConcept | None = None
    item: CodeableReference | None = None


class Medication(Resource, tag_field="resourceType", tag="Medication"):
    """A drug, pointed at from an order."""

    code: CodeableConcept | None = None
    form: CodeableConcept | None = None
    dose_form: CodeableConcept | None = None
    ingredient: list[Ingredient] | None = None


class Prescribed(Resource):
    """What orders and statements of medication have in common."""

    status: str | None = None
    status_reason: list[CodeableConcept] | CodeableConcept | None = None
    dosage_instruction: list[Raw] | None = None
    dosage: list[Raw] | None = None
    dispense_request: Raw = NOTHING
    subject: Reference | None = None
    patient: Reference | None = None
    medication_codeable_concept: CodeableConcept | None = None
    medication_reference: Reference | None = None
    medication: CodeableReference | None = None


class MedicationRequest(Prescribed, tag_field="resourceType", tag="MedicationRequest"):
    """An order for a drug; `category` tells which care it is for, before R4 as one concept."""

    intent: str | None = None
    category: list[CodeableConcept] | CodeableConcept | None = None
    do_not_perform: bool | None = None
    reported_boolean: bool | None = None
    reported_reference: Present | None = None
    reported: bool | None = None
    authored_on: str | None = None


class MedicationOrder(Prescribed, tag_field="resourceType", tag="MedicationOrder"):
    """DSTU2's order for a drug."""

    date_written: str | None = None


class Adherence(Part):
    """R5: whether the drug is taken."""

    code: CodeableConcept | None = None


class MedicationStatement(Prescribed, tag_field="resourceType", tag="MedicationStatement"):
    """A statement that a drug is, or is not, taken."""

    was_not_taken: bool | None = None
    taken: str | None = None
    adherence: Adherence | None = None
    information_source: list[Reference] | Reference | None = None
    effective_date_time: str | None = None
    effective_period: Period | None = None
    date_asserted: str | None = None


class Reaction(Part):
    """One reaction to what a patient does not bear."""

    substance: CodeableConcept | None = None
    severity: str | None = None


class AllergyIntolerance(Resource, tag_field="resourceType", tag="AllergyIntolerance"):
    """What a patient does not bear; before R4 its statuses are words, in DSTU2 one of them."""

    clinical_status: Code = None
    verification_status: Code = None
    status: str | None = None
    type: Code = None
    category: list[str] | str | None = None
    criticality: str | None = None
    code: CodeableConcept | None = None
    substance: CodeableConcept | None = None
    patient: Reference | None = None
    subject: Reference | None = None
    onset_date_time: str | None = None
    recorded_date: str | None = None
    asserted_date: str | None = None
    reaction: list[Reaction] | None = None


class EncounterLocation(Part):
    """Where the patient was during an encounter."""

    location: Reference | None = None
    status: str | None = None
    period: Period | None = None


class Hospitalization(Part):
    """How the patient came to the hospital, and where to they leave it; R5 calls it admission."""

    admit_source: CodeableConcept | None = None
    discharge_disposition: CodeableConcept | None = None


class Encounter(Resource, tag_field="resourceType", tag="Encounter"):
    """A visit or hospital stay; R5 has several concepts as `class`, DSTU2 a word."""

    status: str | None = None
    class_: list[CodeableConcept] | Coding | str | None = field(default=None, name="class")
    type: list[CodeableConcept] | None = None
    service_type: CodeableConcept | list[CodeableReference] | None = None
    priority: CodeableConcept | None = None
    subject: Reference | None = None
    patient: Reference | None = None
    period: Period | None = None
    actual_period: Period | None = None
    hospitalization: Hospitalization | None = None
    admission: Hospitalization | None = None
    location: list[EncounterLocation] | None = None


class Location(Resource, tag_field="resourceType", tag="Location"):
    """A place; before R5 it has at most one type."""

    type: list[CodeableConcept] | CodeableConcept | None = None


Data: TypeAlias = (
    Patient
    | Observation
    | Condition
    | Encounter
    | Location
    | Medication
    | MedicationRequest
    | MedicationOrder
    | MedicationStatement
    | Specimen
    | Procedure
    | Device
    | DeviceUseStatement
    | DeviceUsage
    | AllergyIntolerance
)
"""The resources a record is read from."""
