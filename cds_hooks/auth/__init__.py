"""Who calls: signed tokens of registered clients, their published keys, rate limits and proxies."""
