"""What a site chooses in `cds.toml`, validated when it is read; its registered clients.

A `Settings` that exists is consistent in itself; every mistake of a file is told at once, with its
key. The descriptions of the fields are the reference in docs/configuration.md. Whether a named file
or host is there is asked elsewhere (`commands.check_config`). Nothing comes from environment
variables. Imports fhir_adapters for a site's own codes and units, and of ours nothing else.
"""
