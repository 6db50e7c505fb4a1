"""The one guarded way out: requests to registered FHIR servers, within one deadline."""
