"""The golden requests and answers: `python -m tests.golden` writes them for review."""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache, lru_cache
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

import msgspec
from msgspec.structs import replace

from cds_hooks.bundles.bundle_calls import hook_body
from cds_hooks.bundles.ehr import resources
from cds_hooks.bundles.fhir_search import Resource
from cds_hooks.engine.discovery import OfferedService, offered
from cds_hooks.engine.respond import respond
from cds_hooks.engine.service import services
from cds_hooks.protocol.errors import CDSError, operation_outcome
from cds_hooks.protocol.json import encode, read_request
from cds_hooks.settings.services import ServiceSettings
from tests.charts import ALL_LIVE, shipped

FIXTURES = Path(__file__).parent.parent / "fixtures"
GATHERING = "patient-risks"
TOGETHER = (
    "danish-npu",
    "lab-safety-fires",
    "sandbox-dstu2",
    "sepsis-risk-fires",
    "synthea-af-mi-woman-86",
    "synthea-ckd-diabetes-woman-55",
    "synthea-deceased-man-76",
    "synthea-diabetes-hypertension-woman-49",
    "synthea-healthy-man-24",
)
"""Beside its own, the charts that `patient-risks` answers."""

GATHERED = (
    "af-stroke-risk",
    "breast-cancer-recurrence",
    "cardiovascular-risk",
    "early-warning",
    "icu-mortality-risk",
    "kidney-risk",
    "lab-safety",
    "liver-fibrosis",
    "readmission-risk",
    "sepsis-risk",
    "undocumented-conditions",
)
"""The services whose cards it gathers there, so that a new one changes the answers of no other."""

_OFF = ServiceSettings(mode="off")
SETTINGS = replace(
    ALL_LIVE,
    services={
        id: own if id in (*GATHERED, GATHERING) else _OFF for id, own in ALL_LIVE.services.items()
    },
)
STORIES_TOLD_ON = datetime(2026, 3, 15, 12, tzinfo=UTC)
DSTU2_TOLD_ON = datetime(2008, 10, 1, 12, tzinfo=UTC)


def charts() -> Iterator[Path]:
    """Every chart of the fixtures."""
    yield from sorted(FIXTURES.glob("patients/*.json"))
    yield from sorted(FIXTURES.glob("synthea/*.json"))


def told_on(chart: Path) -> datetime:
    """The moment a chart is assessed at: fixtures do not age."""
    return DSTU2_TOLD_ON if chart.stem == "sandbox-dstu2" else STORIES_TOLD_ON


def request(chart: Path, service_id: str) -> bytes:
    """The whole request that an EHR with this chart sends to that service."""
    instance = str(uuid5(NAMESPACE_URL, f"{chart.stem}/{service_id}"))
    return hook_body(held(chart), known(service_id), hook_instance=instance)


@cache
def known(service_id: str) -> OfferedService:
    """The service as the golden requests call it."""
    settings = SETTINGS if service_id == GATHERING else ALL_LIVE
    return offered(services()[service_id], settings)


@lru_cache(maxsize=1)  # the cases come chart by chart, and all charts at once fill a gigabyte
def held(chart: Path) -> list[Resource]:
    """What the chart holds; not to be changed."""
    return resources(chart.read_bytes())


def answer(body: bytes, service_id: str, now: datetime) -> bytes:
    """What the service answers, or the OperationOutcome of its refusal."""
    service = known(service_id)
    try:
        asked = read_request(body, service.service.hook)
        return encode(respond(service, asked, now=now, models=shipped()).response)
    except CDSError as error:
        return encode(operation_outcome(error))


def cases() -> Iterator[tuple[Path, str]]:
    """Each chart with the service it was written for, and a dozen with `patient-risks`."""
    for chart in charts():
        written_for = [id for id in services() if chart.stem.startswith(f"{id}-")]
        if written_for:
            yield chart, max(written_for, key=len)
        if chart.stem in TOGETHER and GATHERING not in written_for:
            yield chart, GATHERING


def request_file(chart: Path, service_id: str) -> Path:
    """Where the request of a story lies; only stories told for that service are kept whole."""
    return FIXTURES / "requests" / f"{chart.stem}.{service_id}.json"


def response_file(chart: Path, service_id: str) -> Path:
    """Where the expected answer lies."""
    return FIXTURES / "responses" / f"{chart.stem}.{service_id}.json"


def kept(chart: Path, service_id: str) -> bool:
    """Whether the whole request is kept beside the answer."""
    return chart.stem.startswith(f"{service_id}-")


def pretty(body: bytes) -> bytes:
    """JSON as it is reviewed."""
    return msgspec.json.format(body, indent=1) + b"\n"


def write() -> None:
    """Writes every golden file anew, for review with `git diff`."""
    for left in (*FIXTURES.glob("requests/*.json"), *FIXTURES.glob("responses/*.json")):
        left.unlink()
    for chart, service_id in cases():
        body = request(chart, service_id)
        if kept(chart, service_id):
            request_file(chart, service_id).write_bytes(body + b"\n")
        response = answer(body, service_id, told_on(chart))
        response_file(chart, service_id).write_bytes(pretty(response))


if __name__ == "__main__":
    write()
