"""Workers as threads, which start at once where processes take seconds."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from cds_hooks.population import running


def in_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets runs of this test use threads of this process."""
    monkeypatch.setattr(running, "ProcessPoolExecutor", lambda n, _: ThreadPoolExecutor(n))
