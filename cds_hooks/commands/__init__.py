"""What the commands of `cds-hooks` do."""
