"""The one guarded way out: requests to registered FHIR servers, within one deadline.

Against server-side request forgery (SSRF) a URL has one spelling, lies under a registered base, and
is connected to only at addresses that were checked, without redirects, proxies or a second
resolution of the name. A circuit breaker leaves a failing server alone, and a watchdog ends what is
late. No error holds a URL, a token or a body. Nothing else of ours opens a connection to a client's
servers; imports settings and protocol, never engine, store or auth.
"""
