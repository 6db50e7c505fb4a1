from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from time import monotonic

import pytest
import requests
from flask import Flask
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from cds_hooks.engine import respond
from cds_hooks.serve.tracing import STAGES, provider, traced
from cds_hooks.settings.settings import demo_settings
from cds_hooks.settings.tracing import TracingSettings
from tests import stores
from tests.servers import ROOT, Server
from tests.test_canaries import IDS, OF_THE_PATIENT, SITE, exercise

CALL = (ROOT / "fixtures/requests/lab-safety-fires.lab-safety.json").read_bytes()
GATHERING = (ROOT / "fixtures/requests/patient-risks-fires.patient-risks.json").read_bytes()
TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
ATTRIBUTES = {"http.response.status_code", "cds_hooks.service"}


@contextmanager
def tracing(app: Flask, share: float = 1.0) -> Iterator[InMemorySpanExporter]:
    """The application's spans, as they would be sent."""
    kept = InMemorySpanExporter()
    settings = TracingSettings(endpoint="http://collector.example", share=share)
    undo = traced(app, provider(settings, SimpleSpanProcessor(kept)))
    try:
        yield kept
    finally:
        undo()


def post(app: Flask, service: str, body: bytes, **headers: str) -> None:
    path = f"/cds-services/{service}"
    app.test_client().post(path, data=body, content_type="application/json", headers=headers)


def names(spans: tuple[ReadableSpan, ...]) -> list[str]:
    return [each.name for each in spans]


@pytest.mark.parametrize(("service", "body"), [("lab-safety", CALL), ("patient-risks", GATHERING)])
def test_a_call_leaves_a_span_for_each_stage_of_the_line_within_its_own(
    service: str, body: bytes
) -> None:
    app = stores.served(demo_settings())
    with tracing(app) as kept:
        post(app, service, body)
    spans = kept.get_finished_spans()
    assert set(names(spans)) == {"request", *STAGES}
    (whole,) = [each for each in spans if each.name == "request"]
    assert whole.context
    assert whole.attributes
    assert dict(whole.attributes) == {
        "http.response.status_code": 200,
        "cds_hooks.service": service,
    }
    for each in spans:
        assert each.context
        assert each.context.trace_id == whole.context.trace_id
        if each is not whole:
            assert each.parent
            assert each.parent.span_id == whole.context.span_id


def test_the_callers_traceparent_is_gone_on_from_and_its_tracestate_is_not_kept() -> None:
    app = stores.served(demo_settings())
    with tracing(app) as kept:
        sent = {"traceparent": f"00-{TRACE}-{SPAN}-01", "tracestate": "vendor=canary"}
        post(app, "lab-safety", CALL, **sent)
    for each in kept.get_finished_spans():
        assert each.context
        assert f"{each.context.trace_id:032x}" == TRACE
        assert not each.context.trace_state
    (whole,) = [each for each in kept.get_finished_spans() if each.name == "request"]
    assert whole.parent
    assert f"{whole.parent.span_id:016x}" == SPAN


@pytest.mark.parametrize("sent", ["", "garbage", f"00-{'0' * 32}-{SPAN}-01", f"99-{TRACE}"])
def test_a_traceparent_that_is_none_begins_a_trace_of_its_own(sent: str) -> None:
    app = stores.served(demo_settings())
    with tracing(app) as kept:
        post(app, "lab-safety", CALL, traceparent=sent)
    (whole,) = [each for each in kept.get_finished_spans() if each.name == "request"]
    assert whole.parent is None


def test_a_share_of_none_sends_only_what_a_caller_asks_for() -> None:
    app = stores.served(demo_settings())
    with tracing(app, share=0.0) as kept:
        post(app, "lab-safety", CALL)
        assert kept.get_finished_spans() == ()
        post(app, "lab-safety", CALL, traceparent=f"00-{TRACE}-{SPAN}-01")
    assert "evaluate" in names(kept.get_finished_spans())


def test_no_canary_of_a_patient_or_a_token_is_in_a_span() -> None:
    app = stores.served(SITE, stores.recorder())
    with tracing(app) as kept:
        exercise(app.test_client(), ("lab-safety", "patient-risks"))
    spans = kept.get_finished_spans()
    assert len(spans) > 100
    assert {name for each in spans for name in each.attributes or {}} == ATTRIBUTES
    assert {name for each in spans for name in each.resource.attributes} == {"service.name"}
    told = "\n".join(each.to_json() for each in spans)
    assert not [name for name, secret in (OF_THE_PATIENT | IDS).items() if secret in told]
    assert not [each for each in spans if each.events or each.status.description]


def test_the_line_is_as_it_was_when_tracing_has_ended() -> None:
    before, app = vars(respond)["evaluate"], stores.served(demo_settings())
    inner = app.wsgi_app
    with tracing(app):
        assert vars(respond)["evaluate"] is not before
    assert vars(respond)["evaluate"] is before
    assert app.wsgi_app == inner


def test_a_server_whose_site_names_a_collector_sends_its_spans_there(tmp_path: Path) -> None:
    got: list[ExportTraceServiceRequest] = []
    come = Event()

    class Collector(BaseHTTPRequestHandler):
        """Takes spans by OTLP."""

        def do_POST(self) -> None:
            """Called for each batch."""
            import gzip

            body = self.rfile.read(int(self.headers["Content-Length"]))
            packed = self.headers.get("Content-Encoding") == "gzip"
            got.append(
                ExportTraceServiceRequest.FromString(gzip.decompress(body) if packed else body)
            )
            self.send_response(200)
            self.end_headers()
            come.set()

        def log_message(self, *_: object) -> None:
            """Called for each batch."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Collector) as collector:
        Thread(target=collector.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{collector.server_port}/v1/traces"
        server = Server(tmp_path, site=f'[tracing]\nendpoint = "{address}"\n')
        server.start()
        try:
            path, began = f"{server.url}/cds-services/lab-safety", monotonic()
            answer = requests.post(
                path, CALL, headers={"Content-Type": "application/json"}, timeout=30
            )
            assert answer.json()["cards"]
            server.stop()
            assert come.wait(max(0.0, 30 - (monotonic() - began)))
        finally:
            server.kill()
            collector.shutdown()
    sent = {
        s.name for each in got for r in each.resource_spans for p in r.scope_spans for s in p.spans
    }
    assert sent == {"request", *STAGES}
