"""What the server remembers: calls, cards, assessments, feedback and used tokens, in SQL.

SQLite for one host and PostgreSQL for several, behind the same tables. Patients, users and
resources are pseudonyms by keyed HMAC unless the site chooses otherwise. An answer never waits for
the database beyond a bound: what cannot be written goes to a spool file and is written later, each
row once (idempotency). Imports engine for what it records; never auth, fhir_client or web.
"""
