"""A chart in a file instead of an EHR: a FHIR Bundle answers searches as a server would.

The same hook request is built and the same engine runs, so what is computed over a file is what a
call would have got. Used by the command line, by training and by the pages of the demo. Nothing is
fetched or remembered. Imports engine; never store, auth or web.
"""
