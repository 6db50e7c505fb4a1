"""A hospital of made-up patients whose charts grow, fail and change while simulated hours pass."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import urlencode

from msgspec.structs import replace

from cds_hooks.bundles import ehr
from cds_hooks.bundles.fhir_search import Resource, search
from cds_hooks.census.assessing import Assessor
from cds_hooks.census.hours import Watch, Ways
from cds_hooks.census.pace import Pace
from cds_hooks.census.reading import asking
from cds_hooks.census.site import Surveillance
from cds_hooks.engine.discovery import offered
from cds_hooks.engine.model_set import Models
from cds_hooks.engine.service import services
from cds_hooks.fhir_client import http
from cds_hooks.fhir_client.fetch import Fetcher
from cds_hooks.model_registry.gate import open_gate
from cds_hooks.settings.clients import FhirServer
from cds_hooks.settings.fetch import FetchSettings
from cds_hooks.settings.services import ServiceSettings
from cds_hooks.settings.settings import Settings
from cds_hooks.store.recorder import Recorder
from tests.fhir_server import Chart, serving, status, well
from tests.stores import recorder

NOON = datetime(2026, 3, 15, 12, tzinfo=UTC)
ILL, WELL, SILENT = "ill", "well", "silent"
FILES = {ILL: "fires", WELL: "near-miss", SILENT: "fires"}
"""High risk, low risk, and the high one with none of its observations left."""

PATIENTS = Path(__file__).parents[3] / "fixtures" / "patients"
LIMIT = 0.08
SETTINGS = Settings(
    services={
        name: ServiceSettings(mode="live" if name in ("sepsis-risk", "patient-risks") else "off")
        for name in services()
    },
    fetch=FetchSettings(deadline_ms=60_000, failures=1000, rest_seconds=0.01),
)
_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|[+-]\d\d:\d\d)")


class Clock:
    """A time that passes only where someone sleeps."""

    def __init__(self) -> None:
        self.now = NOON

    def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def seconds(self) -> float:
        return (self.now - NOON).total_seconds()


@cache
def template(kind: str, hours: int) -> tuple[Resource, ...]:
    """The chart of that kind of patient, all of whose data are so many hours later."""
    text = (PATIENTS / f"sepsis-risk-{FILES[kind]}.json").read_text(encoding="utf-8")
    moved = _DATE.sub(lambda found: _later(found[0], hours), text)
    held = ehr.resources(re.sub(r"sep-(fires|near)\b", "NAME", moved).encode())
    silent = kind == SILENT
    return tuple(each for each in held if not (silent and each["resourceType"] == "Observation"))


def _later(text: str, hours: int) -> str:
    return (datetime.fromisoformat(text) + timedelta(hours=hours)).isoformat()


@cache
def answer(kind: str, hours: int, query: str) -> bytes:
    found: Any = ehr.prefetch(list(template(kind, hours)), {"key": query}, context={})["key"]
    return json.dumps(found).encode()


@dataclass
class Hospital(Chart):
    """By patient the kind of chart; what is on it is as old as at the start, hour after hour."""

    beds: dict[str, str] = field(default_factory=dict)
    clock: Clock = field(default_factory=Clock)
    census_empty: bool = False

    def answered(self, path: str) -> bytes:
        query = path.removeprefix("/fhir").lstrip("/")
        if query.startswith("Encounter?status"):
            return self._census(query)
        found = re.search(r"(?:patient=|Patient/)([A-Za-z0-9-]+)", query)
        patient = found[1] if found else ""
        hours = int(self.clock.seconds() // 3600)
        asked = query.replace(patient, "NAME").replace("%7C", "|").replace("%2C", ",")
        return answer(self.beds[patient], hours, asked).replace(b"NAME", patient.encode())

    def _census(self, query: str) -> bytes:
        held = [
            {
                "resourceType": "Encounter",
                "id": "visit-1",
                "subject": {"reference": f"Patient/{patient}"},
            }
            for patient in ([] if self.census_empty else self.beds)
        ]
        offset = int(query.rpartition("_offset=")[2]) if "_offset=" in query else 0
        size = self.page or len(held)
        page: Resource = search(held, "Encounter?", base=self.base)
        page["entry"] = page.get("entry", [])[offset : offset + size]
        more = urlencode({"status": "in-progress", "_offset": offset + size})
        following = [{"relation": "next", "url": f"{self.base}/Encounter?{more}"}]
        page["link"] = following if offset + size < len(held) else []
        return json.dumps(page).encode()

    def away(self, begins: timedelta, ends: timedelta) -> None:
        """Refuses everything from then to then, counted from noon."""
        out = status(503)
        self.fault = lambda _: out if begins <= self.clock.now - NOON < ends else well


@dataclass(frozen=True)
class Surveyed:
    """A watch over a hospital, and how to begin another one where it ended."""

    hospital: Hospital
    site: Surveillance
    models: Models
    recorder: Recorder

    def watch(self, put: Any = http.put) -> Watch:
        clock = self.hospital.clock
        pace = Pace(self.site.requests_a_second, clock=clock.seconds, sleep=clock.sleep)
        get = pace.of(http.get)
        assessor = Assessor(
            server=self.site.server,
            scope=self.site.scope,
            offered=offered(services()["patient-risks"], SETTINGS),
            models=self.models,
            recorder=self.recorder,
            fetcher=Fetcher(SETTINGS.fetch, get=get),
        )
        ways = Ways(
            ask=asking(self.site.server, get, clock=monotonic),
            put=put,
            turn=pace.turn,
            now=lambda: clock.now,
            clock=monotonic,
            sleep=clock.sleep,
        )
        return Watch(self.site, assessor, ways)

    def but(self, **changes: Any) -> "Surveyed":
        return Surveyed(self.hospital, replace(self.site, **changes), self.models, self.recorder)

    def flags(self) -> dict[str, list[Resource]]:
        """What was written of each Flag, in order."""
        return {p: w for p, w in self.hospital.written.items() if p.startswith("Flag/")}

    def assessments(self) -> dict[str, list[Resource]]:
        """What was written of each RiskAssessment, in order."""
        return {p: w for p, w in self.hospital.written.items() if p.startswith("Risk")}


@contextmanager
def surveyed(folder: Path, beds: dict[str, str], *, page: int | None = None) -> Iterator[Surveyed]:
    """A hospital with these patients, watched once everything is ready."""
    token = folder / "token"
    token.write_text("a-token-of-the-tests", encoding="utf-8")
    with serving([], kind=Hospital, page=page) as hospital:
        hospital.beds = dict(beds)
        site = Surveillance(
            server=FhirServer(base=hospital.base, private=True, plain_http=True),
            time_critical_surveillance=True,
            token_file=str(token),
            requests_a_second=1000,
            write=("RiskAssessment", "Flag"),
            flags={"sepsis-risk": LIMIT},
            state_file=str(folder / "state.json"),
        )
        yield Surveyed(hospital, site, open_gate(SETTINGS).models, recorder())
