"""What a site chooses in `cds.toml`, read once and validated; its registered clients."""
