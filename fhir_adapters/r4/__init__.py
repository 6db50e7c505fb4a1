"""FHIR's shapes as lenient structs: resources, searchset Bundles, references, partial dates.

Reads R4, and the shapes of DSTU2, STU3 and R5 that sandboxes send. A partial date is the interval
that it may mean. Says nothing clinical. Imports the record's vocabulary of reasons, and nothing
else.
"""
