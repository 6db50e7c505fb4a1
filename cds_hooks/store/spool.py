"""A local file for what the database cannot take now: bounded, synced, its room reserved.

It is text: a header that counts how often it was emptied, then a line for each record, which begins
with that count, the record's length and its checksum. Where the next line does not, the file ends.
So a line that was cut short by a crash is overwritten, and a full disk does not matter: the room
was taken at the start.
"""

import fcntl
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from zlib import crc32

SECONDS = 0.2
"""How long another process or thread that is at the file is waited for."""

_HEADER = re.compile(rb"spool ([0-9a-f]{8})\n")
_HEADER_LENGTH = 15
_LINE = re.compile(rb"([0-9a-f]{8}) ([0-9a-f]{8}) ([0-9a-f]{8}) ")
_LINE_LENGTH = 27


class SpoolFull(Exception):
    """The room that was reserved is used up, or the file is busy for too long."""


class Spool:
    """Records in a file of `room` bytes; safe between the threads and processes of one host."""

    def __init__(self, path: Path, *, room: int) -> None:
        self.path = path
        self.room = room
        self._known = (0, _HEADER_LENGTH)

    def reserve(self) -> None:
        """Makes the file and takes its room on the disk; raises OSError."""
        with self._opened():
            pass

    def append(self, record: bytes) -> None:
        """Writes a record and syncs it; raises SpoolFull, or OSError."""
        with self._opened() as file:
            count = _count(file)
            end = self._end(file, count)
            line = b"%08x %08x %08x %b\n" % (count, len(record), crc32(record), record)
            if end + len(line) > self.room:
                raise SpoolFull(f"{self.path.name} is full")
            os.pwrite(file, line, end)
            os.fsync(file)
            self._known = (count, end + len(line))

    def waiting(self) -> bool:
        """Whether a record is there that was not replayed."""
        try:
            file = os.open(self.path, os.O_RDONLY)
        except FileNotFoundError:
            return False
        try:
            count = _count(file)
            return bool(count) and any(True for _ in _lines(file, count, _HEADER_LENGTH))
        finally:
            os.close(file)

    def used(self) -> int:
        """The bytes of what was not replayed; raises OSError."""
        try:
            file = os.open(self.path, os.O_RDONLY)
        except FileNotFoundError:
            return 0
        try:
            return self._end(file, _count(file)) - _HEADER_LENGTH
        finally:
            os.close(file)

    def replay(self, write: Callable[[bytes], None]) -> int:
        """Gives every record to `write`, oldest first, then empties the file; their number.

        Where `write` raises, or the machine stops, all are given again another time: it must bear
        that. What is appended meanwhile is given as well.
        """
        replayed, count, end = 0, 0, _HEADER_LENGTH
        while True:
            count, records = self._after(count, end)
            if not records:
                return replayed
            for record, _ in records:
                write(record)
            replayed += len(records)
            end = records[-1][1]

    def _after(self, count: int, end: int) -> tuple[int, list[tuple[bytes, int]]]:
        """The file's count, and the records after that end; empties it if there are none.

        `count` is of the records before that end; 0 if there are none.
        """
        with self._opened() as file:
            current = _count(file)
            if count not in (0, current):
                return current, []  # Another process has emptied it.
            records = list(_lines(file, current, end))
            if count and not records:
                self._empty(file, current, end)
            return current, records

    def _empty(self, file: int, count: int, end: int) -> None:
        os.pwrite(file, _header(count + 1), 0)
        os.fsync(file)
        # What was replayed is in the database now, and is not to stay here as well.
        os.pwrite(file, bytes(end - _HEADER_LENGTH), _HEADER_LENGTH)

    def _end(self, file: int, count: int) -> int:
        start = self._known[1] if self._known[0] == count else _HEADER_LENGTH
        return max((end for _, end in _lines(file, count, start)), default=start)

    @contextmanager
    def _opened(self) -> Iterator[int]:
        """The file, for this thread alone, with a header and its room."""
        file = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _lock(file)
            if not _count(file):
                _take_room(file, self.room)
                os.pwrite(file, _header(1), 0)
                os.fsync(file)
            yield file
        finally:
            os.close(file)


def _header(count: int) -> bytes:
    return b"spool %08x\n" % count


def _count(file: int) -> int:
    """How often the file was emptied, from 1 on; 0 if it has no header."""
    header = _HEADER.fullmatch(os.pread(file, _HEADER_LENGTH, 0))
    return int(header[1], 16) if header else 0


def _lines(file: int, count: int, start: int) -> Iterator[tuple[bytes, int]]:
    """Each record from there on, and where its line ends."""
    while line := _LINE.fullmatch(os.pread(file, _LINE_LENGTH, start)):
        written, length, checksum = (int(part, 16) for part in line.groups())
        record = os.pread(file, length, start + _LINE_LENGTH)
        if written != count or len(record) != length or crc32(record) != checksum:
            return
        start += _LINE_LENGTH + length + 1
        yield record, start


def _lock(file: int) -> None:
    until = monotonic() + SECONDS
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if monotonic() > until:
                raise SpoolFull("the spool is busy") from None
            sleep(0.001)
        else:
            return


def _take_room(file: int, room: int) -> None:
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(file, 0, room)
    else:
        os.pwrite(file, bytes(room), 0)
