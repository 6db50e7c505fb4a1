"""A real HTTP server in a thread that plays a CDS service and keeps what was sent to it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Thread
from typing import Any

from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

DISCOVERY = {
    "services": [
        {
            "hook": "patient-view",
            "id": "greeter",
            "description": "Greets.",
            "prefetch": {"patient": "Patient/{{context.patientId}}"},
        }
    ]
}


@dataclass
class CDSService:
    """What it answers with, and what it was sent."""

    status: int = 200
    body: bytes = b'{"cards": []}'
    discovery: bytes = json.dumps(DISCOVERY).encode()
    headers: dict[str, str] = field(default_factory=dict)
    url: str = ""
    paths: list[str] = field(default_factory=list)
    sent: list[Any] = field(default_factory=list)
    authorizations: list[str] = field(default_factory=list)

    def answer(self, request: Request) -> Response:
        """Answers the one request that was sent."""
        self.paths.append(request.path)
        self.authorizations.append(request.headers.get("Authorization", ""))
        if request.method == "GET":
            return Response(self.discovery, 200, content_type="application/json")
        self.sent.append(request.get_json())
        return Response(self.body, self.status, self.headers, content_type="application/json")


@contextmanager
def listening(service: CDSService) -> Iterator[CDSService]:
    """Serves it on a free port of this computer."""
    server = make_server("127.0.0.1", 0, Request.application(service.answer))
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        service.url = f"http://127.0.0.1:{server.port}"
        yield service
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
