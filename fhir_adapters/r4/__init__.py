"""FHIR's shapes as lenient structs: resources, search results, references, dates."""
