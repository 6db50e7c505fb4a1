"""Liveness and readiness: a part that only degrades the service does not make it unready."""

from collections.abc import Mapping

from flask import Blueprint, Response
from sqlalchemy import select

from cds_hooks.engine.service import Service, on_for_anyone
from cds_hooks.model_registry.gate import Gate
from cds_hooks.settings.settings import Settings
from cds_hooks.store.recorder import Recorder
from cds_hooks.store.schema import audit_events
from cds_hooks.web.application import application
from cds_hooks.web.bodies import in_json

FULL = 0.9
"""The part of the spool's room from which on it counts as full: a record may be too long for it."""

health = Blueprint("health", __name__)


@health.get("/livez")
def live() -> Response:
    """That the process answers."""
    return in_json({"status": "ok"})


@health.get("/readyz")
def ready() -> Response:
    """`ok`, `degraded` with what is wrong by part, or 503 where no service could answer."""
    app = application()
    problems = found(app.recorder, app.gate)
    able = can_serve(app.settings, app.gate)
    status = ("degraded" if problems else "ok") if able else "unavailable"
    return in_json({"status": status, **problems}, status=200 if able else 503)


def found(recorder: Recorder, gate: Gate) -> Mapping[str, object]:
    """What is wrong with the database, the spool and the models, those apart that are right."""
    told = {"database": _database(recorder), "spool": _spool(recorder), "models": _models(gate)}
    return {name: problem for name, problem in told.items() if problem}


def can_serve(settings: Settings, gate: Gate) -> bool:
    """Whether a service that the site has on can answer, or none is on: then that is the answer."""
    on = on_for_anyone(settings)
    return not on or any(_answers(each, gate) for each in on)


def _answers(service: Service, gate: Gate) -> bool:
    return not service.uses or any(each.name not in gate.faults for each in service.uses)


def _database(recorder: Recorder) -> str:
    patience = recorder.settings.patience_ms / 1000
    try:
        recorder.store.read_within(patience, lambda c: c.scalar(select(audit_events.c.id).limit(1)))
    except Exception as error:  # noqa: BLE001 - whatever it is, that is the answer
        return f"unavailable: {type(error).__name__}"
    return ""


def _spool(recorder: Recorder) -> str:
    try:
        used = recorder.spool.used()
    except OSError as error:
        return f"unavailable: {type(error).__name__}"
    return "full" if used > FULL * recorder.spool.room else ""


def _models(gate: Gate) -> Mapping[str, str]:
    tried = {f"{name} (challenger)": each for name, each in gate.challengers.items()}
    return {name: each.fault for name, each in {**gate.active, **tried}.items() if each.fault}
