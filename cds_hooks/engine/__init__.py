"""From a hook request to its cards: prefetch, record, eligibility, prediction, card, response.

A service is a declaration and a function from an assessed patient to cards; the engine derives its
prefetch templates, reads the record, refuses patients that it is not for, and says in the
response's `extension` what was not assessed and why. The time, the trained models and the way to
fetch are parameters. No I/O: it imports neither store, auth, fhir_client nor web, and no single
service.
"""
