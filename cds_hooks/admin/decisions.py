"""The page of services and models with their modes and versions, and the forms that decide them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import get_args

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug import Response

from cds_hooks.admin import forms
from cds_hooks.admin.context import Admin, admin, person
from cds_hooks.admin.decision_log import Choice, DecisionLog
from cds_hooks.admin.model_choices import model_choices, point_at, require_servable
from cds_hooks.admin.sign_on import require_actor
from cds_hooks.engine.service import Service, services
from cds_hooks.protocol.errors import BadRequest, NotFound
from cds_hooks.settings.decisions import Decision, modes, waiting
from cds_hooks.settings.services import Mode

MODES: tuple[Mode, ...] = get_args(Mode)

SHOWN = 100
"""Decisions of the past that the page lists."""

deciding = Blueprint("deciding", __name__)


@dataclass(frozen=True, slots=True)
class ServiceMode:
    """A service, the mode that holds from the next start or reload on, and who decided it."""

    service: Service
    mode: Mode
    decided: bool

    @property
    def choices(self) -> tuple[tuple[str, str], ...]:
        """The other modes, as the form sends them and as a person reads them."""
        return tuple((each, each) for each in MODES if each != self.mode)


@deciding.get("/models")
def chosen() -> str:
    """Which services and model versions are on, what was decided, and the forms to decide more."""
    found = admin()
    decided = found.decisions
    lines = decided.lines() if decided else ()
    told = {
        "services": tuple(_modes(found, lines)),
        "models": model_choices(found.settings.models),
        "folder": found.settings.models.folder,
        "waiting": waiting(lines),
        "past": lines[: -SHOWN - 1 : -1],
        "can_decide": decided is not None and person().acts,
        "kept": decided is not None,
        "second_person": found.settings.admin.second_person,
        "token": forms.token(person().name, found.recorder.keys),
    }
    return render_template("models.html", **told)


@deciding.post("/models/service")
def decide_mode() -> Response:
    """Decides a service's mode, or proposes it."""
    found, decided = _acting()
    id, mode = request.form.get("subject", ""), request.form.get("choice", "")
    if id not in services() or mode not in MODES:
        raise BadRequest("there is no such service or mode")
    now = {each.service.id: each.mode for each in _modes(found, decided.lines())}
    return _chosen(decided, Choice("service", id, mode, now[id], request.form.get("reason", "")))


@deciding.post("/models/version")
def decide_version() -> Response:
    """Decides which version of a model is active or tried, or proposes it."""
    found, decided = _acting()
    name, wanted = request.form.get("subject", ""), request.form.get("choice", "")
    known = {each.name: each for each in model_choices(found.settings.models)}
    if name not in known:
        raise BadRequest("there is no such model")
    require_servable(name, wanted, found.settings.models)
    before = known[name].before(wanted)
    return _chosen(decided, Choice("model", name, wanted, before, request.form.get("reason", "")))


@deciding.post("/models/confirm")
def confirm() -> Response:
    """Confirms what another proposed."""
    found, decided = _acting()
    id = request.form.get("id", "")
    decided.confirm(id, by=person().name, at=_now(), carry_out=lambda made: _carry_out(found, made))
    return _back()


@deciding.post("/models/decline")
def decline() -> Response:
    """Ends a proposal."""
    _, decided = _acting()
    decided.decline(request.form.get("id", ""), by=person().name, at=_now())
    return _back()


def _acting() -> tuple[Admin, DecisionLog]:
    """For a form that decides: raises Forbidden, BadRequest and NotFound."""
    found = admin()
    require_actor(person())
    forms.require_token(request.form.get("token", ""), person().name, found.recorder.keys)
    if (decided := found.decisions) is None:
        raise NotFound("nothing can be decided here: [admin] decisions names no file")
    return found, decided


def _chosen(decided: DecisionLog, choice: Choice) -> Response:
    found = admin()
    decided.choose(
        choice, by=person().name, at=_now(), carry_out=lambda made: _carry_out(found, made)
    )
    return _back()


def _carry_out(found: Admin, made: Decision) -> None:
    """A mode is read by the servers when they reload; a version is pointed at now."""
    if made.kind == "model":
        point_at(made.subject, made.choice, found.settings.models)


def _now() -> datetime:
    return datetime.now(UTC)


def _back() -> Response:
    return redirect(url_for("deciding.chosen"), 303)


def _modes(found: Admin, lines: tuple[Decision, ...]) -> Iterator[ServiceMode]:
    decided = modes(lines)
    for id, service in services().items():
        yield ServiceMode(service, decided.get(id, service.mode(found.settings)), id in decided)
