"""The web application: its routes, its one table of errors, and what every answer carries."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from logging import ERROR, INFO, WARNING
from time import monotonic
from typing import TYPE_CHECKING
from uuid import uuid4

import structlog
from flask import Blueprint, Flask, Response, current_app, g, request
from structlog.contextvars import bind_contextvars, clear_contextvars
from werkzeug.exceptions import HTTPException

from cds_hooks.auth.authentication import authentication, require_client
from cds_hooks.auth.jwks import FetchKeys, KeyRing, fetched
from cds_hooks.auth.limits import Limits
from cds_hooks.auth.proxies import behind
from cds_hooks.engine.discovery import discovery
from cds_hooks.engine.prefetch import Fetch
from cds_hooks.engine.service import services
from cds_hooks.failure import described
from cds_hooks.fhir_client.fetch import Fetcher
from cds_hooks.model_registry.gate import open_gate
from cds_hooks.protocol.errors import (
    BadRequest,
    CDSError,
    MethodNotAllowed,
    NotFound,
    TooLarge,
    Unauthorized,
    operation_outcome,
)
from cds_hooks.protocol.json import read_request
from cds_hooks.risk_detail.demo_charts import KeptCharts
from cds_hooks.settings.settings import Settings
from cds_hooks.store.call_rows import Call
from cds_hooks.store.recorder import Recorder
from cds_hooks.web.bodies import TOO_LONG, in_json, read_body
from cds_hooks.web.call import answered
from cds_hooks.web.cors import allow_origin
from cds_hooks.web.feedback import feedback
from cds_hooks.web.health import health
from cds_hooks.web.home import pages
from cds_hooks.web.openapi import openapi
from cds_hooks.web.risk_detail import details
from cds_hooks.web.smart import ready, smart
from cds_hooks.web.source_attributes import attributes
from cds_hooks.web.try_pages import trying

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

CORRELATION = "X-Correlation-ID"
"""The header by which a caller's report is found in our log."""

REFUSALS: Mapping[int, tuple[type[CDSError], str]] = {
    400: (BadRequest, "the request cannot be read"),
    404: (NotFound, "there is nothing at this address"),
    405: (MethodNotAllowed, "this address does not answer that method"),
    413: (TooLarge, TOO_LONG),
}
"""What the web framework refuses, in our own words."""

LEVELS = {"answered": INFO, "refused": WARNING, "failed": ERROR}
"""How loudly the log tells what became of a call."""

SECURITY = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

protocol = Blueprint("protocol", __name__)
protocol.before_request(require_client)
description = Blueprint("description", __name__)
log = structlog.get_logger("cds_hooks")


def create_app(settings: Settings, recorder: Recorder, *, fetch_keys: FetchKeys = fetched) -> Flask:
    """The WSGI application for these settings, which remembers by that recorder."""
    # Read now, so that a mistake in one shows at the start and no call waits for it.
    services()
    app = Flask("cds_hooks.web")
    app.config["SETTINGS"] = settings
    app.config["RECORDER"] = recorder
    keys = KeyRing(settings.clients, fetch_keys)
    app.config["AUTHENTICATION"] = authentication(settings, recorder, find=keys.find)
    app.config["LIMITS"] = Limits(settings.limits)
    app.config["GATE"] = open_gate(settings)
    app.config["FETCHER"] = Fetcher(settings.fetch)
    app.config["APP_FETCHER"] = ready(settings)
    app.config["CHARTS"] = KeptCharts()
    # One more than is allowed: a stream without a length is cut at this limit without an error.
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body + 1
    # A redirect would fail a browser's preflight, so no address is redirected to another.
    app.url_map.merge_slashes = False
    inner = _plain_paths(app.wsgi_app)
    app.wsgi_app = behind(inner, settings.server.proxies)  # type: ignore[assignment,method-assign]
    app.register_blueprint(protocol)
    app.register_blueprint(description)
    app.register_blueprint(feedback)
    app.register_blueprint(health)
    app.register_blueprint(attributes)
    app.register_blueprint(pages)
    app.register_blueprint(details)
    app.register_blueprint(smart)
    app.register_blueprint(trying)
    app.before_request(_identify)
    app.before_request(_answer_options)
    app.after_request(_finish)
    app.teardown_request(_forget)
    app.register_error_handler(Exception, _answer_error)
    return app


@protocol.get("/cds-services")
def discover() -> Response:
    """Every service that this site offers."""
    return in_json(discovery(_settings()))


@protocol.post("/cds-services/<id>")
def call(id: str) -> Response:
    """One service's cards for the hook in the body."""
    service = services().get(id)
    if service is None:
        raise NotFound("there is no such service")
    g.told |= {"service": service.id, "client": g.client}
    hook_request = read_request(read_body(_settings().max_body))
    if hook_request.hook != service.hook:
        raise BadRequest(f"this service answers the hook {service.hook}", expression="hook")
    g.told |= {"hook_instance": str(hook_request.hook_instance)}
    answer = answered(
        service,
        hook_request,
        settings=_settings(),
        models=current_app.config["GATE"].models,
        recorder=_recorder(),
        call=Call(g.client, g.correlation, datetime.now(UTC)),
        fetch=_fetch(g.client),
    )
    if _settings().demo:
        current_app.config["CHARTS"].keep(answer)
    shown = len(answer.response.cards)
    g.told |= {"shown": shown, "withheld": len(answer.made) - shown}
    return in_json(answer.response)


@description.get("/openapi.json")
def describe() -> Response:
    """This server's own description."""
    return in_json(openapi())


def _settings() -> Settings:
    """Those of the call: its client's, once it is known."""
    settings: Settings = g.settings
    return settings


def _fetch(client: str) -> Fetch:
    """How what that client did not send is fetched: from its own servers alone."""
    registered = _settings().clients.get(client)
    fetcher: Fetcher = current_app.config["FETCHER"]
    return fetcher.for_call(registered.fhir_servers if registered else (), began=g.began)


def _recorder() -> Recorder:
    recorder: Recorder = current_app.config["RECORDER"]
    return recorder


def _identify() -> None:
    g.correlation, g.began = str(uuid4()), monotonic()
    bind_contextvars(correlation=g.correlation)
    g.event, g.told = "answered", {}
    g.settings = current_app.config["AUTHENTICATION"].anyones


def _forget(_: BaseException | None) -> None:
    # The thread goes on to other calls, and meanwhile may log what belongs to none.
    clear_contextvars()


def _answer_options() -> Response | None:
    if request.method != "OPTIONS" or request.routing_exception is not None:
        return None
    answer = current_app.make_default_options_response()
    answer.status_code = 204
    del answer.headers["Content-Type"]
    return answer


def _finish(response: Response) -> Response:
    for name, value in SECURITY.items():
        response.headers.setdefault(name, value)
    response.headers[CORRELATION] = g.correlation
    _log(response.status_code)
    return allow_origin(request, response, settings=_settings())


def _answer_error(error: Exception) -> Response:
    refusal = _named(error)
    answer = in_json(operation_outcome(refusal), status=refusal.status)
    if allowed := getattr(error, "valid_methods", None):
        answer.headers["Allow"] = ", ".join(sorted(allowed))
    if refusal.retry_after:
        answer.headers["Retry-After"] = str(refusal.retry_after)
    if isinstance(refusal, Unauthorized):
        answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


def _named(error: Exception) -> CDSError:
    if isinstance(error, HTTPException):
        kind, text = REFUSALS.get(error.code or 400, REFUSALS[400])
        error = kind(text)
    if isinstance(error, CDSError):
        named = [each.expression for each in error.problems if each.expression]
        g.event, g.told = "refused", g.told | {"code": error.code, "expressions": named}
        return error
    g.event, g.told = "failed", g.told | described(error)
    return CDSError("this server failed", diagnostics=f"correlation id {g.correlation}")


def _log(status: int) -> None:
    """One event for each call, and for whatever else does not go well."""
    if g.told:
        took = round((monotonic() - g.began) * 1000, 1)
        level = LEVELS[g.event]
        log.log(level, g.event, **g.told, status=status, ms=took)


def _plain_paths(wsgi: "WSGIApplication") -> "WSGIApplication":
    def answer(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        environ["PATH_INFO"] = _plain(environ.get("PATH_INFO", ""))
        return wsgi(environ, start_response)

    return answer


def _plain(path: str) -> str:
    joined = re.sub("//+", "/", path) or "/"
    return joined.rstrip("/") if joined.startswith("/cds-services/") else joined
