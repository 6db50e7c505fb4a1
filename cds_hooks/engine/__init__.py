"""The straight line from a hook request to its cards."""
