"""A chart in a file instead of an EHR: a Bundle answers as a FHIR server would."""
