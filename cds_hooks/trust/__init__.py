"""Who may call: clients, their tokens and keys, proxies and limits."""
