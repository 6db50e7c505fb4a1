"""The Flask application: endpoints and pages."""
