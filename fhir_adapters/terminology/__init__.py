"""Codes, value sets, units and systems, from the tables in `fhir_adapters/data`."""
