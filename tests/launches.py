"""A site whose client has the SMART app, with a card that was shown for a patient of its EHR."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any
from uuid import uuid4

from flask import Flask
from msgspec.structs import replace
from werkzeug.serving import make_server

from cds_hooks.engine.call import Call
from cds_hooks.engine.discovery import offered
from cds_hooks.engine.service import services
from cds_hooks.protocol.json import encode, read_request
from cds_hooks.settings.clients import Client, FhirServer, Smart
from cds_hooks.settings.per_client import for_client
from cds_hooks.settings.settings import Settings
from cds_hooks.web.application import EXTENSION
from cds_hooks.web.call import answered
from tests import stores
from tests.charts import (
    ALL_LIVE,
    DIABETES,
    HEART_FAILURE,
    SUBJECT,
    patient,
    problem,
    request,
    result,
    shipped,
    smoking,
)
from tests.smart_server import CLIENT_ID, Ehr

NOW = datetime.now(UTC)
"""The app assesses as of the time of the call, so that its charts are of these days."""

SERVICE = "cardiovascular-risk"
AT_DISCHARGE = "discharge-readmission"
CLIENT = "hospital"


PATIENT = "patient-of-the-tests"


def days_ago(days: float) -> str:
    """A FHIR instant."""
    return (NOW - timedelta(days=days)).isoformat(timespec="seconds")


def smoker() -> list[dict[str, Any]]:
    """A man of 62 at high cardiovascular risk, whose blood pressure rose over the years."""
    pressures = {700: 134, 400: 138, 200: 146, 3: 152}
    resources = [
        patient(birthDate=str((NOW - timedelta(days=62.5 * 365.25)).date())),
        *(result("sbp", value, days_ago(days)) for days, value in pressures.items()),
        result("chol_total", 236, days_ago(3)),
        result("hdl", 38, days_ago(3)),
        result("bmi", 28, days_ago(3)),
        result("creatinine", 1.0, days_ago(3)),
        smoking("449868002", days_ago(30)),
    ]
    return _named(resources)


def leaving() -> list[dict[str, Any]]:
    """A man of 62 with diabetes who leaves hospital after six days, his fourth stay in a year."""
    stays = [_stay(f"stay-{days}", days, days - 5) for days in (60, 120, 200, 300)]
    return _named(
        [
            patient(birthDate=str((NOW - timedelta(days=62.5 * 365.25)).date())),
            *(problem(each) for each in (DIABETES, HEART_FAILURE)),
            _stay("stay-now", 6),
            *stays,
        ]
    )


def _stay(id: str, since: float, until: float = 0) -> dict[str, Any]:
    return {
        "resourceType": "Encounter",
        "id": id,
        "status": "finished" if until else "in-progress",
        "class": {"code": "IMP"},
        "subject": SUBJECT,
        "period": {"start": days_ago(since)} | ({"end": days_ago(until)} if until else {}),
    }


def _named(resources: list[dict[str, Any]]) -> list[dict[str, Any]]:
    named: list[dict[str, Any]] = json.loads(json.dumps(resources).replace("p1", PATIENT))
    return named


@dataclass
class Site:
    """Our server with its settings; `card` is the uuid of the card that was shown."""

    app: Flask
    url: str
    ehr: Ehr
    settings: Settings
    card: str

    def launch_url(self, iss: str = "") -> str:
        """Where the EHR sends the browser when the card's link is clicked."""
        return f"{self.url}/smart/launch?iss={iss or self.ehr.base}&launch=abc-123"


def registered(ehr: Ehr, **smart: Any) -> Client:
    """The EHR as a client with the app."""
    server = FhirServer(base=ehr.base, private=True, plain_http=True)
    return Client(
        issuer="https://ehr.example.org",
        jkus=("https://ehr.example.org/jwks.json",),
        fhir_servers=(server,),
        cors_origins=(ehr.origin,),
        smart=Smart(client_id=CLIENT_ID, **smart),
    )


@contextmanager
def site(ehr: Ehr, *, service: str = SERVICE, **smart: Any) -> Iterator[Site]:
    """Our server on a port of this computer, which has shown that EHR a card of the service."""
    server = make_server("127.0.0.1", 0, Flask("nothing"), threaded=True)
    url = f"http://127.0.0.1:{server.server_port}"
    settings = replace(ALL_LIVE, public_url=url, clients={CLIENT: registered(ehr, **smart)})
    server.app = app = stores.served(settings)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        made = Site(app, url, ehr, settings, shown_card(app, settings, ehr, service=service))
        ehr.token = {"patient": PATIENT, "appContext": made.card}
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def shown_card(
    app: Flask, settings: Settings, ehr: Ehr, client: str = CLIENT, *, service: str = SERVICE
) -> str:
    """Calls the service as the EHR would, and gives its card's uuid once its link was checked."""
    called = services()[service]
    body = request(called, *ehr.resources, settings=settings) | {"hookInstance": str(uuid4())}
    answer = answered(
        offered(called, for_client(settings, client)),
        read_request(encode(body), called.hook),
        models=shipped(),
        recorder=app.extensions[EXTENSION].recorder,
        call=Call(client, str(uuid4()), datetime.now(UTC)),
    )
    (card,) = answer.response.cards
    (link,) = card.links or ()
    assert (link.type, link.app_context) == ("smart", card.uuid)
    return str(card.uuid)
