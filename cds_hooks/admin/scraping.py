"""`/metrics` for Prometheus, and `/livez`: counts and states alone, so that no one need sign on."""

from collections.abc import Iterator
from pathlib import Path

from flask import Blueprint, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector

from cds_hooks.admin.context import Admin, admin
from cds_hooks.settings.decisions import waiting
from cds_hooks.web.bodies import in_json
from cds_hooks.web.health import of_store

scraping = Blueprint("scraping", __name__)


@scraping.get("/livez")
def live() -> Response:
    """That the process answers."""
    return in_json({"status": "ok"})


@scraping.get("/metrics")
def metrics() -> Response:
    """What the processes of this host counted, and how the store and the spool are."""
    found, registry = admin(), CollectorRegistry()
    if (folder := found.settings.metrics.folder) and Path(folder).is_dir():
        MultiProcessCollector(registry, path=folder)  # type: ignore[no-untyped-call]
    registry.register(_States(found))
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class _States:
    """What is asked at each scrape, in place of being counted."""

    def __init__(self, found: Admin) -> None:
        self.found = found

    def collect(self) -> Iterator[Metric]:
        """Called by the library."""
        recorder = self.found.recorder
        wrong = of_store(recorder)
        yield _gauge("database_up", "1 if the database can be written to.", not wrong["database"])
        yield _gauge("clock_steady", "1 if the database's clock is trusted.", not wrong["clock"])
        yield _gauge("spool_room_bytes", "The room of this host's spool.", recorder.spool.room)
        yield _gauge("spool_used_bytes", "What waits in this host's spool.", _used(self.found))
        decided = self.found.decisions
        waits = len(waiting(decided.lines())) if decided else 0
        yield _gauge("decisions_waiting", "Decisions that nobody has confirmed yet.", waits)


def _used(found: Admin) -> float:
    try:
        return float(found.recorder.spool.used())
    except OSError:
        return float("nan")


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(f"cds_hooks_{name}", text, value=float(value))
