"""The worklist as a page for this computer alone: a small application of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import Flask, Response, abort, render_template, request

from cds_hooks.settings.clients import is_loopback
from cds_hooks.web.app import SECURITY
from cds_hooks.worklist.listing import Entry


@dataclass(frozen=True, slots=True)
class Shown:
    """A list as it is shown: who stands where, what is said of it, and as of when it was made."""

    entries: Sequence[Entry]
    summary: Sequence[str]
    as_of: datetime
    hours: int

    def at(self, hour: int) -> list[Entry]:
        """Whose first review is planned in that hour from now."""
        return [each for each in self.of("planned") if each.hour == hour]

    def of(self, place: str) -> list[Entry]:
        """Who stands in that place of the list."""
        return [each for each in self.entries if each.place == place]


def create_worklist_app(shown: Shown) -> Flask:
    """The WSGI application; it answers only under a name of this computer, and `/` alone."""
    app = Flask("cds_hooks.web")
    app.before_request(_from_here)
    app.after_request(_guarded)

    @app.get("/")
    def page() -> str:
        return render_template("worklist.html", shown=shown)

    return app


def _from_here() -> None:
    """Another site's page, whose name was pointed at this computer, is not answered."""
    name = request.host.rpartition(":")[0] if ":" in request.host else request.host
    if not is_loopback(name.strip("[]")):
        abort(403)


def _guarded(response: Response) -> Response:
    for name, value in SECURITY.items():
        response.headers.setdefault(name, value)
    return response
