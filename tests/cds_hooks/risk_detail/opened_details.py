"""Details of the fixtures' patients, where every service shows its cards."""

from pathlib import Path

from cds_hooks.bundles.bundle_calls import hook_body
from cds_hooks.bundles.ehr import resources
from cds_hooks.engine.chart import Chart
from cds_hooks.engine.discovery import offered
from cds_hooks.engine.respond import opened
from cds_hooks.engine.service import services
from cds_hooks.protocol.json import read_request
from cds_hooks.risk_detail.detail import Detail, detail_of
from tests.charts import ALL_LIVE, INSTANCE, NOW, shipped

PATIENTS = Path(__file__).parents[3] / "fixtures" / "patients"


def chart_of(name: str, service_id: str) -> Chart:
    """The chart of that fixture, as it was prefetched for the service."""
    service, settings = services()[service_id], ALL_LIVE
    held, known = resources((PATIENTS / f"{name}.json").read_bytes()), offered(service, settings)
    asked = read_request(hook_body(held, known, hook_instance=INSTANCE), service.hook)
    return opened(known, asked, now=NOW, models=shipped())


def detail_for(service_id: str, story: str = "fires", topic: str = "") -> Detail:
    """What the service's own fixture of that story is explained by."""
    chart = chart_of(f"{service_id}-{story}", service_id)
    return detail_of(chart, services()[service_id], topic=topic)
