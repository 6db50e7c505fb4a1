"""The golden requests and answers: `python -m tests.golden` writes them for review."""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

import msgspec

from cds_hooks.bundles.bundle_calls import hook_body
from cds_hooks.bundles.ehr import resources
from cds_hooks.bundles.fhir_search import Resource
from cds_hooks.engine.discovery import offered
from cds_hooks.engine.respond import respond
from cds_hooks.engine.service import services
from cds_hooks.protocol.errors import CDSError, operation_outcome
from cds_hooks.protocol.json import encode, read_request
from tests.charts import ALL_LIVE, shipped

FIXTURES = Path(__file__).parent.parent / "fixtures"
SETTINGS = ALL_LIVE
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
    service = services()[service_id]
    return hook_body(held(chart), offered(service, SETTINGS), hook_instance=instance)


@lru_cache(maxsize=1)  # the cases come chart by chart, and all charts at once fill a gigabyte
def held(chart: Path) -> list[Resource]:
    """What the chart holds; not to be changed."""
    return resources(chart.read_bytes())


def answer(body: bytes, service_id: str, now: datetime) -> bytes:
    """What the service answers, or the OperationOutcome of its refusal."""
    service = services()[service_id]
    try:
        asked = read_request(body, service.hook)
        answered = respond(offered(service, SETTINGS), asked, now=now, models=shipped())
        return encode(answered.response)
    except CDSError as error:
        return encode(operation_outcome(error))


def cases() -> Iterator[tuple[Path, str]]:
    """Every chart with every service."""
    for chart in charts():
        for service_id in services():
            yield chart, service_id


def request_file(chart: Path, service_id: str) -> Path:
    """Where the request of a story lies; only stories told for that service are kept whole."""
    return FIXTURES / "requests" / f"{chart.stem}.{service_id}.json"


def response_file(chart: Path, service_id: str) -> Path:
    """Where the expected answer lies."""
    return FIXTURES / "responses" / f"{chart.stem}.{service_id}.json"


def kept(chart: Path, service_id: str) -> bool:
    """Whether the whole request is kept beside the answer."""
    return chart.stem.startswith(service_id)


def pretty(body: bytes) -> bytes:
    """JSON as it is reviewed."""
    return msgspec.json.format(body, indent=1) + b"\n"


def write() -> None:
    """Writes every golden file anew, for review with `git diff`."""
    for chart, service_id in cases():
        body = request(chart, service_id)
        if kept(chart, service_id):
            request_file(chart, service_id).write_bytes(body + b"\n")
        response = answer(body, service_id, told_on(chart))
        response_file(chart, service_id).write_bytes(pretty(response))


if __name__ == "__main__":
    write()
