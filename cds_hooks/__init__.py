"""Serves clinical scores and models to EHRs as CDS Hooks cards; the only package that serves."""
