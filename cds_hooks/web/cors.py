"""CORS: an exact list of origins that may call, and preflights that need no token."""

from flask import Request, Response

from cds_hooks.settings.settings import Settings

METHODS = "GET, POST, OPTIONS"
HEADERS = "authorization, content-type"
"""Named one by one, because `*` does not cover `authorization`."""

PREFLIGHT_SECONDS = 600


def allow_origin(request: Request, response: Response, *, settings: Settings) -> Response:
    """Adds to any answer, an error too, what a browser needs before its page may read it."""
    response.vary.add("Origin")
    origin = request.headers.get("Origin", "")
    if origin in settings.cors_origins:
        response.headers["Access-Control-Allow-Origin"] = origin
        if "Access-Control-Request-Method" in request.headers:
            _allow_call(request, response, settings=settings)
    return response


def _allow_call(request: Request, response: Response, *, settings: Settings) -> None:
    response.headers["Access-Control-Allow-Methods"] = METHODS
    response.headers["Access-Control-Allow-Headers"] = HEADERS
    response.headers["Access-Control-Max-Age"] = str(PREFLIGHT_SECONDS)
    if settings.demo and request.headers.get("Access-Control-Request-Private-Network") == "true":
        # A public page, the sandbox, calls a demo that listens on the loopback address.
        response.headers["Access-Control-Allow-Private-Network"] = "true"
