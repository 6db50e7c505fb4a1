"""What one call costs in this process by stage: CPU milliseconds, medians of many calls."""

import io
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from uuid import uuid4
from wsgiref.util import setup_testing_defaults

from flask import Flask

from cds_hooks.engine.answer import Answer
from cds_hooks.engine.call import Call
from cds_hooks.engine.discovery import offered
from cds_hooks.engine.patient import Risk
from cds_hooks.engine.respond import opened, respond
from cds_hooks.engine.service import services
from cds_hooks.model_registry.gate import open_gate
from cds_hooks.protocol.json import encode, read_request
from cds_hooks.settings.settings import demo_settings
from cds_hooks.settings.store import StoreSettings
from cds_hooks.store.recorder import Recorder
from cds_hooks.store.startup import elsewhere, recorder
from cds_hooks.store.upgrade import upgrade
from cds_hooks.web.app import create_app
from tools.benchmark.charts import NO_HOOK_INSTANCE, Body

CALLS = 60
CALLED_AT = datetime(2026, 3, 15, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Answered:
    """A body's bytes, and how many predictors, of them trained models, assess its patient."""

    size: int
    predictors: int
    models: int
    cards: int


class Line:
    """One service's line from the bytes of a request to those of its answer, without a server."""

    def __init__(self, service: str = "patient-risks") -> None:
        self.settings = demo_settings()
        self.offered = offered(services()[service], self.settings)
        self.models = open_gate(self.settings).models

    def answer(self, body: bytes) -> bytes:
        """The answer to the request with that body."""
        return encode(self.respond(body).response)

    def respond(self, body: bytes) -> Answer:
        """The answer as the engine makes it."""
        request = read_request(instanced(body), self.offered.service.hook)
        return respond(self.offered, request, now=CALLED_AT, models=self.models)


def instanced(body: bytes) -> bytes:
    """The body with a hook instance of its own."""
    return body.replace(NO_HOOK_INSTANCE, str(uuid4()).encode())


def stages(body: Body) -> dict[str, float]:
    """CPU milliseconds of each stage of the line, then of the whole call with its record."""
    line = Line(body.service)
    hook = line.offered.service.hook
    content = instanced(body.content)
    request = read_request(content, hook)
    answer = line.respond(content)
    found = {
        "decode": cpu_ms(lambda: read_request(content, hook)),
        "read": cpu_ms(lambda: opened(line.offered, request, now=CALLED_AT, models=line.models)),
        "evaluate and cards": cpu_ms(lambda: line.respond(content)),
        "encode": cpu_ms(lambda: encode(answer.response)),
    }
    found["evaluate and cards"] -= found["decode"] + found["read"]
    with TemporaryDirectory(prefix="bench-", dir="build") as folder:
        remembering = _recorder(Path(folder))
        found["record"] = cpu_ms(
            lambda: remembering.record(answer, Call("bench", str(uuid4()), CALLED_AT))
        )
        whole = _call(create_app(line.settings, remembering), body)
        found["whole call"] = cpu_ms(whole)
        remembering.store.close()
    parts = ("decode", "read", "evaluate and cards", "encode", "record")
    found["framework"] = found["whole call"] - sum(found[each] for each in parts)
    return found


def answered(body: Body) -> Answered:
    """How much of the chart is assessed, so that a cheap call is not mistaken for a fast one."""
    line = Line(body.service)
    answer = line.respond(body.content)
    made = {
        each.assessment.predictor.name
        for evaluation in answer.evaluations
        for each in evaluation.assessments
        if isinstance(each, Risk)
    }
    return Answered(
        len(body.content), len(made), len(made & set(line.models.active)), len(answer.shown)
    )


def cpu_ms(work: Callable[[], object], *, times: int = CALLS) -> float:
    """The median of the CPU milliseconds that the work takes in every thread of this process."""
    found = []
    for _ in range(times):
        began = time.process_time()
        work()
        found.append(time.process_time() - began)
    return median(found) * 1000


def _recorder(folder: Path) -> Recorder:
    made = recorder(elsewhere(StoreSettings(), folder))
    upgrade(made.store)
    return made


def _call(app: Flask, body: Body) -> Callable[[], bytes]:
    def call() -> bytes:
        content = instanced(body.content)
        environ: dict[str, object] = {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": f"/cds-services/{body.service}",
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(len(content)),
            "REMOTE_ADDR": "127.0.0.1",
            "wsgi.input": io.BytesIO(content),
        }
        setup_testing_defaults(environ)
        return b"".join(app.wsgi_app(environ, lambda *_: lambda _: None))

    return call
