"""Our SMART app as an EHR launches it from a card: authorization with PKCE, token exchange.

Only registered FHIR servers launch it, endpoints are believed only where they may lie, and state,
verifier and browser are bound together and used once. Pure functions from settings and documents to
requests, and `token_exchange`, which sends them by fhir_client. Imports neither engine nor web.
"""
