"""Serves clinical scores and trained models to EHRs as CDS Hooks cards.

The rooms lie on nine floors, and imports go down: commands, serve, web, services (beside
risk_detail, training, worklist_replay, census and docgen), auth (beside smart, bundles,
fhir_export, model_registry, worklist and the public api), store (beside clinical and fhir_client),
engine, settings, protocol. import-linter holds it, by the contracts in pyproject.toml;
docs/architecture.md says where a new thing goes.
"""
