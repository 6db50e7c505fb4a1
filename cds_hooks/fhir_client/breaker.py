"""A circuit breaker for each server: closed, open, or half-open for one call to try it."""

from threading import Lock


class Breaker:
    """Opens after so many failures in a row, for so many seconds; then one call may try."""

    def __init__(self, *, failures: int, rest: float) -> None:
        self.failures = failures
        self.rest = rest
        self._failed = 0
        self._shut_until = 0.0
        self._lock = Lock()

    def admits(self, now: float) -> bool:
        """Whether a call may go there at `now`, in seconds of any clock that only goes on."""
        with self._lock:
            if self._failed < self.failures:
                return True
            if now < self._shut_until:
                return False
            self._shut_until = now + self.rest  # the others wait for what becomes of this one
            return True

    def record(self, *, worked: bool, now: float) -> None:
        """Records whether a call that was admitted succeeded."""
        with self._lock:
            self._failed = 0 if worked else self._failed + 1
            if self._failed >= self.failures:
                self._shut_until = now + self.rest
