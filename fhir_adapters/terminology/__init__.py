"""Codes, value sets, units and code systems, from the tables in `fhir_adapters/data`.

The tables are reviewed data with a source per row; a site's own codes come on top. Conversions are
exact and per concept, because a unit means different things for different analytes. Imports r4 and
the record; never readers or facts.
"""
