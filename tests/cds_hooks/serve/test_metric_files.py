from pathlib import Path
from time import sleep

import pytest
import requests
from prometheus_client import CollectorRegistry
from prometheus_client.multiprocess import MultiProcessCollector

from cds_hooks.serve.slots import free
from tests.servers import Server, children, kill

CALL = Path(__file__).parents[3] / "fixtures/requests/lab-safety-fires.lab-safety.json"
JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(("taken", "lowest"), [([], 1), ([1, 2], 3), ([2, 3], 1), ([1, 3], 2)])
def test_a_worker_takes_the_lowest_slot_that_is_free(taken: list[int], lowest: int) -> None:
    assert free(taken) == lowest


def answered(folder: Path) -> float:
    """How many calls were answered, as the processes' files say together."""
    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=str(folder))  # type: ignore[no-untyped-call]
    labels = {"service": "lab-safety", "status": "200"}
    return registry.get_sample_value("cds_hooks_requests_total", labels) or 0.0


def test_counts_go_on_in_as_many_files_when_workers_are_killed(tmp_path: Path) -> None:
    counts = tmp_path / "counts"
    counts.mkdir()
    (counts / "counter_9.db").write_bytes(b"of a server before")
    server = Server(tmp_path, site=f'[metrics]\nfolder = "{counts}"\n')
    server.start()
    try:
        for _ in range(3):
            for _ in range(4):
                path = f"{server.url}/cds-services/lab-safety"
                assert requests.post(path, CALL.read_bytes(), headers=JSON, timeout=30).ok
            kill(*children(server.pid))
            while not children(server.pid):
                sleep(0.01)
        assert answered(counts) == 12
        assert {each.name for each in counts.iterdir()} == {"counter_1.db", "histogram_1.db"}
    finally:
        server.kill()
