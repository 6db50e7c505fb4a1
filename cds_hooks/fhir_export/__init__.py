"""What the store and the assessments hold, as FHIR RiskAssessment and AuditEvent resources."""
