"""From FHIR resources to a patient's record: one module per kind of resource."""
