"""The tables of the CDS Hooks standard as frozen values that cannot break its rules; no I/O."""
