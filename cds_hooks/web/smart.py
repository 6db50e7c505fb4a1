"""The SMART app that an EHR launches from a card: the risk in detail, on the chart of now."""

from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256
from importlib import import_module
from secrets import token_urlsafe
from time import monotonic
from typing import TypeVar

from flask import Blueprint, Response, make_response, redirect, request
from msgspec.structs import replace
from sqlalchemy import Connection

from cds_hooks.engine.call import Call
from cds_hooks.fhir_client.fetch import Fetcher
from cds_hooks.fhir_client.response import NotFetched
from cds_hooks.protocol.errors import CDSError, TooManyRequests
from cds_hooks.risk_detail.issued_card import compared
from cds_hooks.risk_detail.smart_detail import Reader, opened_detail, shown_card, told_by
from cds_hooks.settings.per_client import for_client
from cds_hooks.settings.settings import Settings
from cds_hooks.smart.app import App, LaunchRefused, registered
from cds_hooks.smart.authorization import authorization_url
from cds_hooks.smart.token_exchange import LAUNCH_SECONDS, endpoints_of, token
from cds_hooks.smart.token_request import TokenResponse, hook_request
from cds_hooks.store import smart_launches
from cds_hooks.store.database import Unavailable
from cds_hooks.store.recorder import Recorder
from cds_hooks.store.smart_launches import Launch
from cds_hooks.web.application import application
from cds_hooks.web.form_tokens import Answerable
from cds_hooks.web.incoming import incoming
from cds_hooks.web.risk_detail import detail_page, framed_by, plain_page

LASTS = timedelta(minutes=10)
"""How long a person may take to sign in."""

LONGEST_PARAMETER = 4000
"""Characters of one parameter."""

REFUSED = (
    "Open it again from the card in the EHR. It opens once for each click, soon after it, and only "
    "in the browser that asked for it. If it happens again, give your IT department this number:"
)

Result = TypeVar("Result")

smart = Blueprint("smart", __name__, url_prefix="/smart")


@smart.before_request
def _not_too_often() -> None:
    """Nobody has proved who he is yet, and each launch is a row in the database."""
    if _settings().demo:
        return
    application().limits.launched(str(request.endpoint), request.remote_addr or "")


@smart.get("/launch")
def launch() -> Response:
    """Begins a launch: sends the browser to the EHR's authorization, to come back to us."""
    app = registered(_parameter("iss"), _settings().clients)
    incoming().tell(client=app.name)
    context = _parameter("launch")
    found = endpoints_of(app)
    state, browser = token_urlsafe(32), token_urlsafe(32)
    begun = Launch(app.name, app.server.base, incoming().at + LASTS)
    _within(lambda c: smart_launches.begin(c, begun, state=state, browser=browser))
    keys = _recorder().keys
    address = authorization_url(
        found.authorize, app, launch=context, state=state, redirect=_redirect(), keys=keys
    )
    answer = make_response(redirect(address, 302))
    _set_cookie(answer, state, browser)
    return answer


@smart.get("/callback")
def callback() -> Response:
    """Ends it: takes the token, reads the chart with it, computes anew, and shows the risk."""
    now, state = incoming().at, _parameter("state")
    browser = request.cookies.get(_cookie(state), "")
    taken = _within(lambda c: smart_launches.take(c, state=state, browser=browser, now=now))
    if taken is None:
        raise LaunchRefused("no such launch")
    incoming().tell(client=taken.client)
    if "error" in request.args:
        raise LaunchRefused("not authorized")
    app = registered(taken.iss, _settings().clients)
    if app.name != taken.client:
        raise LaunchRefused("not registered")
    given = token(
        app,
        code=_parameter("code"),
        state=state,
        redirect=_redirect(),
        keys=_recorder().keys,
        now=now,
    )
    return _shown(app, given, now=now)


@smart.errorhandler(TooManyRequests)
def wait(error: TooManyRequests) -> Response:
    """A page that says when to come back; no EHR is known yet, so any EHR's page may show it."""
    incoming().event = "refused"
    _framed_by_any()
    answer = plain_page("Wait a minute", error.problems[0].text, status=error.status)
    answer.headers["Retry-After"] = str(error.retry_after)
    return answer


@smart.errorhandler(LaunchRefused)
@smart.errorhandler(NotFetched)
@smart.errorhandler(Unavailable)
@smart.errorhandler(CDSError)
def refuse(error: Exception) -> Response:
    """One page, whatever it was: it tells only where our log tells more."""
    incoming().event = "refused"
    reason = error.reason if isinstance(error, LaunchRefused | NotFetched) else type(error).__name__
    incoming().tell(reason=reason)
    _framed_by_any()
    return plain_page(
        "This page cannot be opened", f"{REFUSED} {incoming().correlation}", status=403
    )


def _framed_by_any() -> None:
    # Any EHR's page, whether this launch is of it or not: else it would show a browser's error.
    framed_by(*(name for name, client in _settings().clients.items() if client.smart))


@smart.after_request
def _forget(response: Response) -> Response:
    """Whatever came of it, the browser needs its part of the launch no more."""
    if request.endpoint == "smart.callback" and (state := request.args.get("state")):
        _set_cookie(response, state, "", seconds=0)
    return response


def _shown(app: App, given: TokenResponse, *, now: datetime) -> Response:
    recorder = _recorder()
    shown = shown_card(
        recorder.store,
        str(given.app_context),
        client=app.name,
        patient=given.patient,
        keys=recorder.keys,
    )
    settings = for_client(_settings(), app.name)
    incoming().tell(service=str(shown.card["service"]))
    service = told_by(shown, settings)
    asked = hook_request(given, app, service.hook)
    detail = opened_detail(shown, service, asked, _reader(app, settings), now=now)
    coming = incoming()
    recorder.viewed(shown.card, Call(app.name, coming.correlation, now, coming.began))
    framed_by(app.name)
    card = Answerable(app.name, str(shown.card["service"]), str(shown.card["uuid"]))
    return detail_page(detail, card, settings, compared=compared(detail, shown))


def _reader(app: App, settings: Settings) -> Reader:
    ours = application()
    fetch = ours.app_fetcher.for_call(app.client.fhir_servers, began=monotonic())
    return Reader(settings, ours.models, fetch)


def ready(settings: Settings) -> Fetcher:
    """How the app's charts are fetched: as a hook's, but with a person's patience.

    Where a client has the app, what draws is loaded now, and not while the first person waits.
    """
    if any(client.smart for client in settings.clients.values()):
        import_module("cds_hooks.web.detail_page")
    return Fetcher(replace(settings.fetch, deadline_ms=round(LAUNCH_SECONDS * 1000)))


def _parameter(name: str) -> str:
    value = request.args.get(name, "")
    if not value or len(value) > LONGEST_PARAMETER or not value.isprintable():
        raise LaunchRefused("parameter")
    return value


def _redirect() -> str:
    return f"{_settings().public_url.rstrip('/')}/smart/callback"


def _cookie(state: str) -> str:
    """A name for each launch, so that two of one browser do not take each other's place."""
    name = f"launch-{sha256(state.encode()).hexdigest()[:16]}"
    return f"__Host-{name}" if _secure() else name


def _set_cookie(
    response: Response, state: str, browser: str, *, seconds: int = round(LASTS.total_seconds())
) -> None:
    # In an EHR's frame a cookie is another site's. Partitioned, it is there for this EHR alone.
    secure = _secure()
    response.set_cookie(
        _cookie(state),
        browser,
        max_age=seconds,
        path="/",
        secure=secure,
        httponly=True,
        samesite="None" if secure else "Lax",
        partitioned=secure,
    )


def _secure() -> bool:
    """Whether we are called by HTTPS: by plain HTTP on this computer alone."""
    return _settings().public_url.startswith("https:")


def _within(work: Callable[[Connection], Result]) -> Result:
    return _recorder().store.within(LAUNCH_SECONDS, work)


def _settings() -> Settings:
    return application().settings


def _recorder() -> Recorder:
    return application().recorder
