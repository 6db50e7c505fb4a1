"""The pages about the server: its services and their state, and a page for each service."""

from collections.abc import Iterator, Mapping

from flask import Blueprint, Request, Response, render_template, request

from cds_hooks.bundles.samples import grouped
from cds_hooks.docgen.services import INPUTS, SCORES
from cds_hooks.engine.service import Service, services
from cds_hooks.protocol.errors import CDSError, NotFound
from cds_hooks.settings.settings import Settings
from cds_hooks.web.application import application
from cds_hooks.web.example import example_call
from cds_hooks.web.health import can_serve, found
from cds_hooks.web.incoming import incoming
from cds_hooks.web.markdown import inline
from cds_hooks.web.service_page import page_of, picture, trained
from cds_hooks.web.try_it import LARGEST_CHART

FIRST = "patient-risks-fires"
"""The sample that is offered first: more than one service has something to say of it."""

pages = Blueprint("pages", __name__)


@pages.get("/")
def home() -> str:
    """What this is, its services, how it is, how to connect, and in the demo how to try it."""
    settings = application().settings
    return render_template(
        "home.html", base=request.host_url, health=_health(), **offered_services(settings)
    )


@pages.get("/services/<id>")
def service(id: str) -> str:
    """Everything that a clinician or a buyer may want to know of one service."""
    app = application()
    settings = app.settings
    page = page_of(_on(id, settings), settings, app.gate.active)
    told = {"page": page, "columns": {"scores": SCORES, "inputs": INPUTS}, "inline": inline}
    return render_template("service.html", **told, demo=settings.demo)


@pages.get("/services/<id>/validation/<model>/<file>")
def plot(id: str, model: str, file: str) -> Response:
    """A plot of the validation of a model that the service uses."""
    app = application()
    for each in trained(_on(id, app.settings), app.settings, app.gate.active):
        if each.predictor.name == model and (svg := picture(each, file)) is not None:
            return Response(svg, content_type="image/svg+xml")
    raise NotFound("There is no such plot.")


@pages.errorhandler(CDSError)
def refuse(error: CDSError) -> Response:
    """A page that says why there is none."""
    incoming().event = "refused"
    return refused_page(error)


def refused_page(error: CDSError) -> Response:
    """The refusal as a person reads it, with a way on."""
    text, demo = error.problems[0].text, application().settings.demo
    told = f"{text[:1].upper()}{text[1:].removesuffix('.')}."
    html = render_template("refused.html", text=told, status=error.status, demo=demo)
    return Response(html, error.status)


def for_a_person(request: Request) -> bool:
    """Whether a browser asks for a page: a machine names no HTML, or JSON as well."""
    accepted = request.accept_mimetypes
    asks = request.method in ("GET", "HEAD")
    return asks and accepted["text/html"] > accepted["application/json"]


def offered_services(settings: Settings) -> Mapping[str, object]:
    """What the templates need to offer services, and in the demo charts."""
    on = [each for each in services().values() if each.mode(settings) != "off"]
    chosen = request.args.get("sample", FIRST)
    return {
        "demo": settings.demo,
        "services": sorted(on, key=lambda each: not each.gathers),
        "modes": {each.id: each.mode(settings) for each in on},
        "groups": grouped(_titles(on)) if settings.demo else {},
        "chosen": chosen,
        "largest": LARGEST_CHART // 1_000_000,
        "example": example_call(request.host_url.rstrip("/")),
    }


def labels() -> Mapping[str, str]:
    """What each sample is called, by name."""
    titles = {each.id: each.title for each in services().values()}
    return {name: told for group in grouped(titles).values() for name, told in group.items()}


def _on(id: str, settings: Settings) -> Service:
    found = services().get(id)
    if found is None or found.mode(settings) == "off":
        raise NotFound("There is no such service here.")
    return found


def _titles(on: list[Service]) -> Mapping[str, str]:
    return {each.id: each.title for each in sorted(on, key=lambda each: not each.gathers)}


def _health() -> Mapping[str, object]:
    app = application()
    problems = list(_problems(found(app.recorder, app.gate)))
    able = can_serve(app.settings, app.gate)
    status = ("degraded" if problems else "ok") if able else "unavailable"
    return {"status": status, "problems": problems}


def _problems(told: Mapping[str, object]) -> Iterator[str]:
    for part, problem in told.items():
        if isinstance(problem, Mapping):
            yield from (f"{part}: {name}: {fault}" for name, fault in problem.items())
        else:
            yield f"{part}: {problem}"
