"""What was assessed and remembered, as FHIR resources: RiskAssessment and AuditEvent.

Every resource is valid R4B, which the classes of `fhir.resources` check as it is made. A refused
assessment is exported too, as cancelled and with its reason. Imports engine and store; never web.
"""
