"""FHIR in, dated facts in canonical units out, each with where it came from."""
