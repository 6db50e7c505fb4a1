"""The admin app as a WSGI application: who may come in, its pages, and what each answer carries."""

from pathlib import Path

import structlog
from flask import Flask, Response, g, make_response, render_template, request
from werkzeug.exceptions import HTTPException

from cds_hooks.admin.context import EXTENSION, Admin, admin, person
from cds_hooks.admin.decisions import deciding
from cds_hooks.admin.figures import figures
from cds_hooks.admin.lookups import lookups
from cds_hooks.admin.monitored import monitored
from cds_hooks.admin.scraping import scraping
from cds_hooks.admin.sign_on import may_scrape, signed_on
from cds_hooks.logs import described
from cds_hooks.protocol.errors import BadRequest, CDSError, Forbidden, NotFound
from cds_hooks.settings.settings import Settings
from cds_hooks.store.database import Unavailable
from cds_hooks.store.recorder import Recorder

WEB = Path(__file__).parents[1] / "web"
"""Whose style sheet and parts the pages share."""

SECURITY = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

LONGEST_FORM = 20_000
"""Bytes of a form."""

log = structlog.get_logger("cds_hooks")


def create_admin(settings: Settings, recorder: Recorder, *, demo: bool = False) -> Flask:
    """The admin app of that site; the `demo` signs no one on, and everyone may act."""
    app = Flask("cds_hooks.admin", static_folder=str(WEB / "static"), static_url_path="/static")
    # What a page shares with the server's own, it takes from there.
    app.jinja_loader.searchpath.append(str(WEB / "templates"))  # type: ignore[union-attr]
    app.config["MAX_CONTENT_LENGTH"] = LONGEST_FORM
    app.extensions[EXTENSION] = Admin(settings, recorder, demo=demo)
    for blueprint in (figures, monitored, lookups, deciding, scraping):
        app.register_blueprint(blueprint)
    app.before_request(_let_in)
    app.after_request(_finish)
    app.context_processor(_of_every_page)
    app.register_error_handler(Exception, _refused)
    return app


def _let_in() -> None:
    """Nobody who is not signed on sees anything but the style sheet, and a scraper its counts."""
    found, g.person = admin(), None
    open_to_scrapers = request.blueprint == "scraping"
    if open_to_scrapers and may_scrape(request, found.settings.admin):
        return
    if request.endpoint != "static":
        g.person = signed_on(request, found.settings.admin, demo=found.demo)


def _of_every_page() -> dict[str, object]:
    found = admin()
    return {"demo": found.demo, "person": g.get("person"), "simulated": found.simulated()}


def _finish(response: Response) -> Response:
    for name, value in SECURITY.items():
        response.headers.setdefault(name, value)
    if g.get("person") is not None:
        page = request.endpoint or "none"
        log.info("admin", by=person().name, page=page, status=response.status_code)
    return response


def _refused(error: Exception) -> Response:
    """A page that says why there is none; of what was not expected only that it failed."""
    refusal = _named(error)
    text = refusal.problems[0].text
    told = {"title": "This cannot be shown", "text": f"{text[:1].upper()}{text[1:]}."}
    return make_response(render_template("said.html", **told), refusal.status)


def _named(error: Exception) -> CDSError:
    if isinstance(error, CDSError):
        return error
    if isinstance(error, HTTPException):
        known = {403: Forbidden, 404: NotFound}
        return known.get(error.code or 400, BadRequest)("there is nothing at this address")
    if isinstance(error, Unavailable):
        return CDSError("the database cannot be reached now")
    log.error("failed", **described(error))
    return CDSError("this page failed; the log says where")
