"""FHIR in, dated facts in canonical units out, each with where it came from.

The rooms lie on five floors, and imports go down: facts (answers to declared questions), readers
(resources into a record), terminology (codes, value sets, units), r4 (shapes of FHIR), and the
record itself. A datum that cannot be used is kept with its reason, never guessed and never dropped
silently. No I/O, no clock; imports nothing of ours: it knows no predictor and no server.
"""
