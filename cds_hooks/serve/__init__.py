"""gunicorn: the server process and its worker, in which no caller holds a thread for ever.

The application is made once, before the workers are forked; HUP reads the settings again. Methods
of gunicorn that its documentation does not promise are overridden here alone, under an upper bound
in pyproject.toml and a test that fails when one is gone. Imports web; never commands.
"""
