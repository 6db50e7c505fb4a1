"""gunicorn: the server process and its worker."""
