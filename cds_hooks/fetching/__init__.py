"""What the server itself asks of others, guarded and in time."""
