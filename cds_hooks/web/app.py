"""The web application: its routes, its one table of errors, and what every answer carries."""

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from flask import Blueprint, Flask, Response, current_app, g, request
from msgspec.structs import replace
from structlog.contextvars import bind_contextvars, clear_contextvars
from werkzeug.exceptions import HTTPException

from cds_hooks.auth.authentication import Authentication
from cds_hooks.auth.jwks import FetchKeys, KeyRing, fetched
from cds_hooks.auth.limits import Limits
from cds_hooks.auth.proxies import behind
from cds_hooks.engine.discovery import Offer, offer
from cds_hooks.fhir_client.fetch import Fetcher
from cds_hooks.logs import described
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
from cds_hooks.protocol.prefetch import Fetch
from cds_hooks.risk_detail.demo_charts import DemoCharts
from cds_hooks.settings.per_client import for_client
from cds_hooks.settings.settings import DEMO_CLIENT, Settings
from cds_hooks.store.recorder import Recorder
from cds_hooks.web.application import EXTENSION, Application, application
from cds_hooks.web.authenticated import require_client
from cds_hooks.web.bodies import TOO_LONG, in_json, read_body
from cds_hooks.web.call import answered
from cds_hooks.web.cors import allow_origin
from cds_hooks.web.feedback import feedback
from cds_hooks.web.health import health
from cds_hooks.web.home import for_a_person, pages, refused_page
from cds_hooks.web.incoming import Incoming, incoming
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

SECURITY = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

protocol = Blueprint("protocol", __name__)
protocol.before_request(require_client)
description = Blueprint("description", __name__)
ENDPOINTS = (protocol, description, feedback, health, attributes, pages, details, smart, trying)


def create_app(settings: Settings, recorder: Recorder, *, fetch_keys: FetchKeys = fetched) -> Flask:
    """The WSGI application for these settings, which remembers by that recorder."""
    app = Flask("cds_hooks.web")
    app.extensions[EXTENSION] = _started(settings, recorder, fetch_keys)
    # One more than is allowed: a stream without a length is cut at this limit without an error.
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body + 1
    # A redirect would fail a browser's preflight, so no address is redirected to another.
    app.url_map.merge_slashes = False
    inner = _plain_paths(app.wsgi_app)
    app.wsgi_app = behind(inner, settings.server.proxies)  # type: ignore[assignment,method-assign]
    for blueprint in ENDPOINTS:
        app.register_blueprint(blueprint)
    anyones = _of_anyone(settings)
    app.before_request(lambda: _identify(anyones))
    app.before_request(_answer_options)
    app.after_request(_finish)
    app.teardown_request(_forget)
    app.register_error_handler(Exception, _answer_error)
    return app


def _started(settings: Settings, recorder: Recorder, fetch_keys: FetchKeys) -> Application:
    keys, gate = KeyRing(settings.clients, fetch_keys), open_gate(settings)
    return Application(
        settings=settings,
        recorder=recorder,
        authentication=Authentication(settings, keys.find, recorder),
        limits=Limits(settings.limits),
        gate=gate,
        models=gate.models,
        fetcher=Fetcher(settings.fetch),
        app_fetcher=ready(settings),
        demo_charts=DemoCharts(),
        offers=_offers(settings),
    )


def _offers(settings: Settings) -> Mapping[str, Offer]:
    """What each client is offered: worked out now, so that no call waits for it."""
    if settings.demo:
        return {DEMO_CLIENT: offer(settings)}
    return {name: offer(for_client(settings, name)) for name in settings.clients}


def _of_anyone(settings: Settings) -> Settings:
    """Those of a request that is no client's yet: any client's pages may read its refusal."""
    origins = [*settings.cors_origins]
    origins += [origin for each in settings.clients.values() for origin in each.cors_origins]
    return replace(settings, cors_origins=tuple(dict.fromkeys(origins)))


@protocol.get("/cds-services")
def discover() -> Response:
    """The services to subscribe to; with `?announce=all` every one that may be called."""
    coming = incoming()
    offer = application().offers[coming.client]
    whole = coming.request.args.get("announce") == "all"
    return in_json(offer.catalogue if whole else offer.discovery)


@protocol.post("/cds-services/<id>")
def call(id: str) -> Response:
    """One service's cards for the hook in the body."""
    app, coming = application(), incoming()
    offered = app.offers[coming.client].services.get(id)
    if offered is None:
        raise NotFound("there is no such service")
    coming.tell(service=id, client=coming.client)
    hook_request = read_request(
        read_body(coming.request, app.settings.max_body), offered.service.hook
    )
    coming.tell(hook_instance=str(hook_request.hook_instance))
    answer = answered(
        offered,
        hook_request,
        models=app.models,
        recorder=app.recorder,
        call=coming.call,
        fetch=_fetch(app, coming),
    )
    if app.settings.demo:
        app.demo_charts.keep(answer)
    shown = len(answer.shown)
    withheld = len(answer.issued) - shown
    coming.tell(shown=shown, withheld=withheld, record=answer.record or None)
    return in_json(answer.response)


@description.get("/openapi.json")
def describe() -> Response:
    """This server's own description."""
    return in_json(openapi())


def _fetch(app: Application, coming: Incoming) -> Fetch:
    """How what that client did not send is fetched: from its own servers alone."""
    registered = app.settings.clients.get(coming.client)
    servers = registered.fhir_servers if registered else ()
    return app.fetcher.for_call(servers, began=coming.began)


def _identify(settings: Settings) -> None:
    coming = Incoming(request._get_current_object(), settings)  # type: ignore[attr-defined] # documented
    g.incoming = coming
    bind_contextvars(correlation=coming.correlation)


def _forget(_: BaseException | None) -> None:
    # The thread goes on to other calls, and meanwhile may log what belongs to none.
    clear_contextvars()


def _answer_options() -> Response | None:
    asked = incoming().request
    if asked.method != "OPTIONS" or asked.routing_exception is not None:
        return None
    answer = current_app.make_default_options_response()
    answer.status_code = 204
    del answer.headers["Content-Type"]
    return answer


def _finish(response: Response) -> Response:
    coming = incoming()
    for name, value in SECURITY.items():
        response.headers.setdefault(name, value)
    response.headers[CORRELATION] = coming.correlation
    coming.log(response.status_code)
    return allow_origin(coming.request, response, settings=coming.settings)


def _answer_error(error: Exception) -> Response:
    refusal = _named(error, incoming())
    if refusal.status == 404 and for_a_person(incoming().request):
        return refused_page(refusal)
    answer = in_json(operation_outcome(refusal), status=refusal.status)
    if allowed := getattr(error, "valid_methods", None):
        answer.headers["Allow"] = ", ".join(sorted(allowed))
    if refusal.retry_after:
        answer.headers["Retry-After"] = str(refusal.retry_after)
    if isinstance(refusal, Unauthorized):
        answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


def _named(error: Exception, coming: Incoming) -> CDSError:
    if isinstance(error, HTTPException):
        kind, text = REFUSALS.get(error.code or 400, REFUSALS[400])
        error = kind(text)
    if isinstance(error, CDSError):
        named = [each.expression for each in error.problems if each.expression]
        coming.ended("refused", {"code": error.code, "expressions": named})
        return error
    coming.ended("failed", described(error))
    return CDSError("this server failed", diagnostics=f"correlation id {coming.correlation}")


def _plain_paths(wsgi: "WSGIApplication") -> "WSGIApplication":
    def answer(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        environ["PATH_INFO"] = _plain(environ.get("PATH_INFO", ""))
        return wsgi(environ, start_response)

    return answer


def _plain(path: str) -> str:
    joined = re.sub("//+", "/", path) if "//" in path else path or "/"
    return joined.rstrip("/") if joined.startswith("/cds-services/") else joined
