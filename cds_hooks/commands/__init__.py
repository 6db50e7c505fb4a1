"""The command line, `cds-hooks`: one module per command or group of commands."""
