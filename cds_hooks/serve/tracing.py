"""OpenTelemetry spans of a call and of each stage of the line, sent to the site's collector.

Where no collector is configured this module is not even imported, and the line is as it is without
it: the functions of the stages are wrapped in place, once, when a worker starts. A span says which
stage, service and status it was and how long it took: no body, no id, no exception's message.
"""

from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

import requests
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBasedTraceIdRatio
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from cds_hooks.engine.service import services
from cds_hooks.settings.tracing import TracingSettings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment
    from flask import Flask

NAME = "cds-hooks-server"

STAGES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "decode": (("cds_hooks.web.app", "read_request"),),
    "read": (("cds_hooks.engine.respond", "opened"),),
    "evaluate": (
        ("cds_hooks.engine.respond", "gather"),
        ("cds_hooks.engine.respond", "evaluate"),
    ),
    "cards": (("cds_hooks.engine.respond", "_issued"), ("cds_hooks.web.call", "withhold")),
    "record": (("cds_hooks.store.recorder.Recorder", "record"),),
    "encode": (("cds_hooks.web.app", "in_json"),),
}
"""By stage the functions that are it: where each is called from, and its name there."""


def begin(app: "Flask", settings: TracingSettings) -> None:
    """From here on the calls of this process leave spans, which a thread sends."""
    session = requests.Session()
    # No proxy and no password of the environment: the collector is where the site says.
    session.trust_env = False
    exporter = OTLPSpanExporter(endpoint=settings.endpoint, session=session)
    traced(app, provider(settings, BatchSpanProcessor(exporter)))


def provider(settings: TracingSettings, processor: SpanProcessor) -> TracerProvider:
    """What makes the spans of this process."""
    made = TracerProvider(
        # Not `Resource.create`, which adds what the environment says.
        resource=Resource({SERVICE_NAME: NAME}),
        sampler=ParentBasedTraceIdRatio(settings.share),
        shutdown_on_exit=True,
    )
    made.add_span_processor(processor)
    return made


def traced(app: "Flask", made: TracerProvider) -> Callable[[], None]:
    """Wraps the application and the stages; what is returned undoes it."""
    tracer, inner = made.get_tracer(NAME), app.wsgi_app
    undo = [_wrapped(tracer, stage, *place) for stage in STAGES for place in STAGES[stage]]
    app.wsgi_app = _outermost(inner, tracer)  # type: ignore[method-assign]

    def undone() -> None:
        app.wsgi_app = inner  # type: ignore[method-assign]
        for each in undo:
            each()

    return undone


def _wrapped(tracer: Tracer, stage: str, place: str, name: str) -> Callable[[], None]:
    owner = _owner(place)
    function = getattr(owner, name)

    def within(*args: Any, **more: Any) -> Any:
        with _span(tracer, stage):
            made = function(*args, **more)
            # What is made one by one is made within the span.
            return list(made) if name == "_issued" else made

    setattr(owner, name, within)
    return lambda: setattr(owner, name, function)


def _owner(place: str) -> Any:
    """The module, or the class in it, of that name."""
    module, _, last = place.rpartition(".")
    return getattr(import_module(module), last) if last[0].isupper() else import_module(place)


def _span(tracer: Tracer, name: str, **more: Any) -> Any:
    # An exception's message may hold what was sent.
    return tracer.start_as_current_span(
        name, record_exception=False, set_status_on_exception=False, **more
    )


def _outermost(wsgi: Any, tracer: Tracer) -> Any:
    def answer(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        parent = _parent(environ.get("HTTP_TRACEPARENT", ""))
        with _span(tracer, "request", kind=SpanKind.SERVER, context=parent) as span:

            def told(status: str, *rest: Any) -> Any:
                span.set_attribute("http.response.status_code", int(status[:3]))
                return start_response(status, *rest)

            if (service := _service(environ.get("PATH_INFO", ""))) is not None:
                span.set_attribute("cds_hooks.service", service)
            answered: Iterable[bytes] = wsgi(environ, told)
            return answered

    return answer


def _service(path: str) -> str | None:
    """The service that is called, if there is one of that name: else the path is not repeated."""
    named = path.removeprefix("/cds-services/").split("/")[0]
    return named if named in services() else None


def _parent(traceparent: str) -> Any:
    """The caller's span; its `tracestate` is left out, which may say anything."""
    read = TraceContextTextMapPropagator().extract({"traceparent": traceparent})
    told = trace.get_current_span(read).get_span_context()
    plain = SpanContext(told.trace_id, told.span_id, is_remote=True, trace_flags=told.trace_flags)
    return trace.set_span_in_context(NonRecordingSpan(plain))
