"""Clinical scores and disease-prediction models: plain facts in, an explained risk out; no FHIR."""
