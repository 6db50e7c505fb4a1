"""A deadline that a slowly dripping server cannot extend: connections are then shut down."""

import socket
from contextlib import suppress
from threading import Lock, Timer
from time import monotonic
from types import TracebackType


class Watchdog:
    """Shuts down every socket that it watches at `until`, of the monotonic clock.

    A time-out of a socket begins anew with every byte; this does not.
    """

    def __init__(self, until: float) -> None:
        self.until = until
        self._watched: list[socket.socket] = []
        self._lock = Lock()
        self._timer = Timer(self.left, self._bite)
        self._timer.daemon = True

    def __enter__(self) -> "Watchdog":
        self._timer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        with self._lock:
            while self._watched:
                self._watched.pop().close()

    @property
    def left(self) -> float:
        """Seconds until the deadline, 0 from then on."""
        return max(0.0, self.until - monotonic())

    @property
    def watches(self) -> bool:
        """Whether there has been a connection."""
        return bool(self._watched)

    def watch(self, connected: socket.socket) -> None:
        """Watches one more."""
        with self._lock:
            # A duplicate, because TLS takes the socket apart, and a number that was closed may be
            # another's connection by the time of the bite.
            self._watched.append(connected.dup())
        if not self.left:
            self._bite()

    def _bite(self) -> None:
        with self._lock:
            for each in self._watched:
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
