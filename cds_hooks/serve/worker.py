"""gunicorn's threaded worker with a time limit for each request (against slowloris)."""

import signal
import socket
from contextlib import suppress
from queue import SimpleQueue
from time import monotonic
from typing import Any

from gunicorn.workers.gthread import ThreadWorker  # type: ignore[import-untyped] # has no types

_ENDING = frozenset({signal.SIGINT, signal.SIGQUIT, signal.SIGTERM})


class Worker(ThreadWorker):  # type: ignore[misc] # has no types
    """Ends the connection whose call has not been read, answered and sent in time.

    gunicorn's own time-out is for a worker that hangs; its threads wait for slow callers for ever.
    """

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.patience: int = self.app.settings.server.request_seconds
        self._ends: dict[Any, float] = {}
        self.missed: SimpleQueue[int] = SimpleQueue()
        self.slot = 0

    def heed(self) -> None:
        """Ends, if that was asked for before this worker listened to signals itself.

        Until then they lie in `missed`, its copy of the parent's queue, which nobody looks at: the
        server would wait for this worker until it kills it.
        """
        while not self.missed.empty():
            if self.missed.get() in _ENDING:
                self.alive = False

    def handle(self, conn: Any) -> object:
        """Called by gunicorn in a thread for each call, as soon as there is something to read."""
        self._ends[conn] = monotonic() + self.patience
        try:
            return super().handle(conn)
        finally:
            del self._ends[conn]

    def notify(self) -> None:
        """Called by gunicorn in its own thread at least once a second."""
        super().notify()
        now = monotonic()
        for conn, end in list(self._ends.items()):
            if end < now:
                # Only this thread closes connections, so the number is not another's yet.
                with suppress(OSError):
                    conn.sock.shutdown(socket.SHUT_RDWR)
