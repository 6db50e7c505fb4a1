"""Who calls: JSON Web Tokens of registered clients, their key sets, rate limits, trusted proxies.

Each rule for a token is checked in a fixed order and its reason goes to our log alone: a caller
sees one answer, 401, whatever was wrong. A token is good once (replay protection), also across
workers and hosts. Algorithms are an allow list per client; keys are followed through their
rotation. Imports fhir_client to fetch key sets and store for used tokens; never engine, services or
web.
"""
