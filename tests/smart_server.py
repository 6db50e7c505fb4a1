"""An EHR for tests: a SMART authorization server and the FHIR server that its tokens open."""

import json
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from secrets import token_urlsafe
from threading import Thread
from typing import Any
from urllib.parse import urlencode

import jwt
from flask import Flask, Response, redirect, request
from werkzeug.serving import make_server

from cds_hooks.bundles.fhir_search import Resource, search

CLIENT_ID = "detail-app"


@dataclass
class Ehr:
    """What the EHR holds and how it answers; `asked` is every path that it was asked for.

    `token` is merged into the token response (None takes a field out), `configuration` into the
    SMART configuration. With a `secret` or a `public_key` our app must prove who it is.
    """

    resources: list[Resource]
    token: dict[str, Any] = field(default_factory=dict)
    configuration: dict[str, Any] = field(default_factory=dict)
    error: str = ""
    secret: str = ""
    public_key: Any = None
    origin: str = ""
    app: str = ""
    asked: list[str] = field(default_factory=list)
    authorized: list[dict[str, str]] = field(default_factory=list)
    forms: list[dict[str, str]] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)

    @property
    def base(self) -> str:
        """The FHIR server's."""
        return f"{self.origin}/fhir"


@contextmanager
def ehr(*resources: Resource) -> Iterator[Ehr]:
    """An EHR with these resources, on a port of this computer."""
    made = Ehr(list(resources))
    server = make_server("127.0.0.1", 0, _app(made), threaded=True)
    made.origin = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _app(ehr: Ehr) -> Flask:
    app = Flask("ehr")
    codes: dict[str, dict[str, str]] = {}

    @app.before_request
    def note() -> None:
        ehr.asked.append(request.path)

    @app.get("/fhir/.well-known/smart-configuration")
    def configuration() -> Response:
        told = {
            "authorization_endpoint": f"{ehr.origin}/authorize",
            "token_endpoint": f"{ehr.origin}/token",
            "code_challenge_methods_supported": ["S256"],
        }
        return _json(told | ehr.configuration)

    @app.get("/chart")
    def chart() -> str:
        """The EHR's own page, which holds the app in a frame."""
        frame = f'<iframe title="app" src="{ehr.app}" width="480" height="700"></iframe>'
        head = '<title>EHR</title><link rel="icon" href="data:,">'
        return f'<!doctype html><html lang="en">{head}<body>{frame}</body></html>'

    @app.get("/authorize")
    def authorize() -> Any:
        asked = request.args.to_dict()
        ehr.authorized.append(asked)
        back = asked["redirect_uri"]
        if ehr.error:
            return redirect(f"{back}?{urlencode({'error': ehr.error, 'state': asked['state']})}")
        if asked["aud"] != ehr.base or asked["client_id"] != CLIENT_ID or not asked["launch"]:
            return Response("what is this", 400)
        code = token_urlsafe(16)
        codes[code] = asked
        return redirect(f"{back}?{urlencode({'code': code, 'state': asked['state']})}")

    @app.post("/token")
    def token() -> Response:
        form = request.form.to_dict()
        ehr.forms.append(form)
        asked = codes.pop(form.get("code", ""), None)
        if asked is None or not _proved(ehr, form) or not _verified(asked, form):
            return _json({"error": "invalid_grant"}, status=400)
        made = token_urlsafe(24)
        ehr.tokens.append(made)
        told = {
            "access_token": made,
            "token_type": "Bearer",
            "expires_in": 300,
            "scope": asked["scope"],
        } | ehr.token
        return _json({name: value for name, value in told.items() if value is not None})

    @app.get("/fhir/<path:path>")
    def fhir(path: str) -> Response:
        if request.headers.get("Authorization", "").removeprefix("Bearer ") not in ehr.tokens:
            return _json({"resourceType": "OperationOutcome"}, status=401)
        return _json(_found(ehr, path))

    return app


def _found(ehr: Ehr, path: str) -> Resource:
    if "/" in path:
        return next(
            each for each in ehr.resources if f"{each['resourceType']}/{each['id']}" == path
        )
    asked = {name: value for name, value in request.args.items() if name != "_count"}
    query = "&".join(f"{name}={value}" for name, value in asked.items())
    return search(ehr.resources, f"{path}?{query}", base=ehr.base)


def _verified(asked: dict[str, str], form: dict[str, str]) -> bool:
    digest = sha256(form.get("code_verifier", "").encode()).digest()
    challenge = urlsafe_b64encode(digest).rstrip(b"=").decode()
    return (
        asked.get("code_challenge_method") == "S256"
        and asked["code_challenge"] == challenge
        and asked["redirect_uri"] == form["redirect_uri"]
    )


def _proved(ehr: Ehr, form: dict[str, str]) -> bool:
    if ehr.secret:
        given = request.headers.get("Authorization", "").removeprefix("Basic ")
        return b64decode(given).decode() == f"{CLIENT_ID}:{ehr.secret}"
    if ehr.public_key:
        assertion, audience = form.get("client_assertion", ""), f"{ehr.origin}/token"
        claims = jwt.decode(assertion, ehr.public_key, algorithms=["ES384"], audience=audience)
        return bool(claims["sub"] == claims["iss"] == CLIENT_ID)
    return form.get("client_id") == CLIENT_ID


def _json(told: object, *, status: int = 200) -> Response:
    return Response(json.dumps(told), status, mimetype="application/json")
