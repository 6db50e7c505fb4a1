"""A chart of a few resources, and what a service makes of it."""

from datetime import datetime

from cds_hooks.engine.chart import Chart
from cds_hooks.engine.discovery import offered
from cds_hooks.engine.evaluation import Evaluation, evaluate
from cds_hooks.engine.respond import opened
from cds_hooks.engine.service import services
from cds_hooks.protocol.json import encode, read_request
from cds_hooks.settings.settings import Settings
from tests.charts import ALL_LIVE, NOW, Resource, request


def chart(
    service_id: str,
    *resources: Resource,
    settings: Settings = ALL_LIVE,
    now: datetime = NOW,
    **prefetch: object,
) -> Chart:
    """The chart as an EHR sends it to the service; `prefetch` replaces what a key holds."""
    service = services()[service_id]
    sent = request(service, *resources, settings=settings)
    sent["prefetch"] |= prefetch
    return opened(offered(service, settings), read_request(encode(sent)), now=now)


def evaluated(service_id: str, *resources: Resource, now: datetime = NOW) -> Evaluation:
    """What the service makes of these resources."""
    return evaluate(services()[service_id], chart(service_id, *resources, now=now))
