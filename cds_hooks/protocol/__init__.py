"""The CDS Hooks standard: its request, response, discovery and feedback tables as frozen values.

A value that exists keeps the rules of the specification (cds-resp-1 to 7, cds-fb-1 to 3), which the
comments name; `json` is the one place where bytes become values, and `errors` the OperationOutcome
of every refusal. No I/O, no clock, no settings. Imports nothing of ours.
"""
