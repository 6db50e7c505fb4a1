"""The Flask application: endpoints and pages, and nothing else.

A view takes apart an HTTP request, asks another room, and puts the answer together; it decides
nothing clinical. `app` maps every error to its OperationOutcome in one table and holds the one
boundary that catches everything. Pages run under a content security policy without inline scripts.
Imports any room but serve and commands.
"""
