"""The files in which the processes of one host count, one a slot, for `cds-hooks admin` to add up.

By prometheus_client's multiprocess mode. A worker that takes another's place takes its slot, and
counts on in its files: so their number is bounded by the number of workers that run at once.
"""

import os
from pathlib import Path

from prometheus_client import CollectorRegistry, values

from cds_hooks.metrics import CallMetrics
from cds_hooks.serve.slots import Slot
from cds_hooks.settings.validation import ConfigError

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
"""By which the library finds the folder, also in the processes that are forked."""


def opened(folder: Path, slot: Slot) -> CallMetrics:
    """Metrics that count in the emptied folder; raises ConfigError."""
    try:
        folder.mkdir(mode=0o750, parents=True, exist_ok=True)
        for old in folder.glob("*.db"):
            old.unlink()
    except OSError as error:
        raise ConfigError(f"metrics.folder: {error.strerror}") from None
    os.environ[VARIABLE] = str(folder)
    values.ValueClass = values.MultiProcessValue(slot)  # type: ignore[no-untyped-call]
    return CallMetrics(CollectorRegistry())
