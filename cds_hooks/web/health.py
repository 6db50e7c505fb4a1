"""Liveness and readiness: a part that only degrades the service does not make it unready."""

from collections.abc import Mapping
from time import time

from flask import Blueprint, Response

from cds_hooks.engine.service import Service, on_for_anyone
from cds_hooks.model_registry.gate import Gate
from cds_hooks.settings.settings import Settings
from cds_hooks.store.recorder import Recorder
from cds_hooks.store.retention import probe
from cds_hooks.store.timestamps import written
from cds_hooks.web.application import application
from cds_hooks.web.bodies import in_json

FULL = 0.9
"""The part of the spool's room from which on it counts as full: a record may be too long for it."""

TOLD_FOR = 3600.0
"""Seconds for which a record that was late or lost is told."""

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
    """What is wrong with the store and the models, those apart that are right."""
    told = {**of_store(recorder), "records": _records(recorder), "models": _models(gate)}
    return {name: problem for name, problem in told.items() if problem}


def of_store(recorder: Recorder) -> Mapping[str, str]:
    """What is wrong with the database, its clock and this host's spool; "" where nothing is."""
    database, clock = _database(recorder)
    return {"database": database, "clock": clock, "spool": _spool(recorder)}


def can_serve(settings: Settings, gate: Gate) -> bool:
    """Whether a service that the site has on can answer, or none is on: then that is the answer."""
    on = on_for_anyone(settings)
    return not on or any(_answers(each, gate) for each in on)


def _answers(service: Service, gate: Gate) -> bool:
    return not service.uses or any(each.name not in gate.faults for each in service.uses)


def _database(recorder: Recorder) -> tuple[str, str]:
    """What is wrong with the database, to which something is written, and with its clock."""
    try:
        alarm = recorder.store.within(recorder.settings.patience_ms / 1000, probe)
    except Exception as error:  # noqa: BLE001 - whatever it is, that is the answer
        return f"unavailable: {type(error).__name__}", ""
    return "", f"jumped at {written(alarm)}: nothing is purged for a day" if alarm else ""


def _records(recorder: Recorder) -> Mapping[str, int]:
    """How many records were late or lost since the server's start, for an hour after the last."""
    counts = recorder.tally.counts
    recent = time() - counts.at < TOLD_FOR
    return {"late": counts.late, "lost": counts.lost} if recent else {}


def _spool(recorder: Recorder) -> str:
    try:
        used = recorder.spool.used()
    except OSError as error:
        return f"unavailable: {type(error).__name__}"
    if used > FULL * recorder.spool.room:
        return "full"
    return "waiting" if recorder.spool.waiting() else ""


def _models(gate: Gate) -> Mapping[str, str]:
    tried = {f"{name} (challenger)": each for name, each in gate.challengers.items()}
    return {name: each.fault for name, each in {**gate.active, **tried}.items() if each.fault}
