"""The processes that write to one SQLite file take turns.

SQLite's own lock is not fair: who waits for it sleeps and looks again, while who has just released
it takes it at once, so one busy process can keep another from writing for seconds. Here whoever
waits holds the place behind the one who writes, so that the next turn is its own.
"""

import fcntl
import os
from pathlib import Path


class Turns:
    """Turns at one file; a process that dies gives its turn up."""

    def __init__(self, path: Path) -> None:
        # Two files, since a process must hold its place in the line while it waits for its turn.
        self._next = _Lock(path.with_name(f"{path.name}-next"))
        self._now = _Lock(path.with_name(f"{path.name}-turn"))

    def take(self) -> None:
        """Waits for a turn; raises OSError."""
        self._next.take()
        try:
            self._now.take()
        finally:
            self._next.give_up()

    def give_up(self) -> None:
        """Ends the turn."""
        self._now.give_up()


class _Lock:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = -1
        self._pid = 0

    def take(self) -> None:
        if self._pid != os.getpid():
            # A file that was open before a fork would be locked by both processes at once.
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
            self._pid = os.getpid()
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def give_up(self) -> None:
        if self._pid == os.getpid():
            fcntl.flock(self._file, fcntl.LOCK_UN)
