"""From FHIR resources to a patient's record: one module per kind of resource.

What cannot be used (wrong patient, entered in error, unknown unit, contradicted specimen) goes into
the record as unusable with its reason. One broken resource costs itself only. Imports terminology,
r4 and the record; never facts.
"""
