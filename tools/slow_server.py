"""The server with a disk that is slow, or without its store: for `tools/bench_load.py`.

Arguments: by how many milliseconds each commit is slower, `yes` or `no` for whether calls are
recorded, then those of `cds-hooks`.
"""

import sys
import time

from sqlalchemy import Connection, Engine, event

from cds_hooks.commands.cli import main
from cds_hooks.store.recorder import Recorder


def slow_down(seconds: float) -> None:
    """Makes every commit take that much longer, as a slow disk would."""

    @event.listens_for(Engine, "commit")
    def wait(_: Connection) -> None:
        time.sleep(seconds)


def forget() -> None:
    """Has nothing recorded."""
    Recorder.record = lambda *_: ""  # type: ignore[method-assign] # to measure without it


if __name__ == "__main__":
    delay, keep, *arguments = sys.argv[1:]
    if int(delay):
        slow_down(int(delay) / 1000)
    if keep == "no":
        forget()
    sys.argv = ["cds-hooks", *arguments]
    main()
