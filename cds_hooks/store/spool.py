"""A local log of what the database cannot take now: append-only, synced, its room reserved.

It is a header, then a line for each record. The header says how often the log was begun anew, and
up to where it was replayed. A line begins with that count, the record's length and its checksum; so
a line that a crash cut short is known, and the next record is written over it. A line that was
damaged with others behind it is passed over. A full disk does not matter: the room was taken at the
start. Threads of one process are written together and share one sync; processes take turns.
"""

import fcntl
import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from zlib import crc32

from cds_hooks.store.group import Busy, Group, Job

TOGETHER = 256
"""Records that are synced together at most."""

REPLAYED_AT_ONCE = 64
"""Records that are given away together."""

LONGEST = 1_000_000
"""Bytes behind a damaged line in which the next whole one is looked for."""

_HEADER = re.compile(rb"spool2 ([0-9a-f]{8}) ([0-9a-f]{16})\n")
_START = 33
"""The header's length: where the first line begins."""

_LINE = re.compile(rb"([0-9a-f]{8}) ([0-9a-f]{8}) ([0-9a-f]{8}) ")
_LINE_LENGTH = 27


_OLDER_START = 15
"""The length of the header before this format, whose records were those of older tables."""


class SpoolFull(Exception):
    """The room that was reserved is used up, or too many records wait to be written."""


class SpoolLate(Exception):
    """The record is not known to be synced yet, but may still be."""


class Spool:
    """Records in a file of `room` bytes; safe between the threads and processes of one host.

    `lost` is called for a record that cannot be written after its caller has gone on.
    """

    def __init__(self, path: Path, *, room: int, lost: Callable[[], None] = lambda: None) -> None:
        self.path = path
        self.room = room
        self._lost = lost
        self._known = (0, _START)
        self._appending: Group[bytes] = Group("spool", self._append, most=TOGETHER)

    def reserve(self) -> None:
        """Makes the file and takes its room on the disk; raises OSError."""
        with self._opened():
            pass

    def append(self, record: bytes, *, seconds: float) -> None:
        """Writes a record and syncs it; raises SpoolFull, OSError, or SpoolLate after that time."""
        try:
            job = self._appending.submit(record)
        except Busy:
            raise SpoolFull("too many records wait") from None
        if not job.ended(seconds):
            raise SpoolLate("it is not synced in time")
        if job.error is not None:
            raise job.error

    def waiting(self) -> bool:
        """Whether a record is there that was not replayed; raises OSError."""
        try:
            file = os.open(self.path, os.O_RDONLY)
        except FileNotFoundError:
            return False
        try:
            count, cursor = _header(file)
            return any(True for _ in _lines(file, count, cursor))
        finally:
            os.close(file)

    def used(self) -> int:
        """The bytes of the room that are taken; raises OSError."""
        try:
            file = os.open(self.path, os.O_RDONLY)
        except FileNotFoundError:
            return 0
        try:
            return self._end(file, _header(file)[0]) - _START
        finally:
            os.close(file)

    def replay(self, write: Callable[[Sequence[bytes]], None]) -> int:
        """Gives all records to `write`, oldest first, some at once; their number.

        What was given is not given again, also after a restart; but where `write` raises, or the
        machine stops, the last of them are: it must bear that. Once all are given, the log begins
        anew. Raises OSError.
        """
        replayed = 0
        while records := self._next():
            count, end, some = records
            write(some)
            replayed += len(some)
            self._advance(count, end)
        return replayed

    def _append(self, jobs: Sequence[Job[bytes]]) -> None:
        try:
            written = self._written([job.work for job in jobs])
        except OSError as error:
            self._failed(jobs, error)
        else:
            for job in jobs[:written]:
                job.finish(None)
            self._failed(jobs[written:], SpoolFull(f"{self.path.name} is full"))

    def _failed(self, jobs: Sequence[Job[bytes]], error: Exception) -> None:
        for job in jobs:
            if job.abandoned:
                self._lost()
            job.fail(error)

    def _written(self, records: Sequence[bytes]) -> int:
        """Writes as many of the records as there is room for, and syncs them; how many."""
        with self._opened() as file:
            count, _ = _header(file)
            start = end = self._end(file, count)
            lines: list[bytes] = []
            for record in records:
                line = b"%08x %08x %08x %b\n" % (count, len(record), crc32(record), record)
                if end + len(line) > self.room:
                    break
                lines.append(line)
                end += len(line)
            _write(file, b"".join(lines), start)
            os.fsync(file)
            self._known = (count, end)
            return len(lines)

    def _next(self) -> tuple[int, int, list[bytes]] | None:
        """The count, the next records that are to be replayed, and where the last of them ends.

        None if there are none: then the log is begun anew.
        """
        with self._opened() as file:
            count, cursor = _header(file)
            some: list[bytes] = []
            end = cursor
            for record, end in _lines(file, count, cursor):  # noqa: B007 - the last end counts
                some.append(record)
                if len(some) == REPLAYED_AT_ONCE:
                    break
            if some:
                return count, end, some
            if cursor > _START:
                _begin_anew(file, count + 1, until=cursor)
            return None

    def _advance(self, count: int, end: int) -> None:
        with self._opened() as file:
            current, cursor = _header(file)
            if current == count and cursor < end:
                _set_header(file, count, end)

    def _end(self, file: int, count: int) -> int:
        start = self._known[1] if self._known[0] == count else _START
        return max((end for _, end in _lines(file, count, start)), default=start)

    @contextmanager
    def _opened(self) -> Iterator[int]:
        """The file, for this thread alone, with a header and its room."""
        file = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            if os.fstat(file).st_size < self.room:
                _take_room(file, self.room)
            if not _HEADER.fullmatch(os.pread(file, _START, 0)):
                _set_header(file, *_header(file))
            yield file
        finally:
            os.close(file)


def holds_older_records(path: Path) -> bool:
    """Whether an older version left records in its own format; raises OSError."""
    if not path.exists():
        return False
    with path.open("rb") as file:
        head = file.read(_OLDER_START + 1)
    return head.startswith(b"spool ") and head[_OLDER_START:] not in (b"", b"\0")


def _header(file: int) -> tuple[int, int]:
    """How often the log was begun, from 1 on, and from where on it is to be replayed."""
    if header := _HEADER.fullmatch(os.pread(file, _START, 0)):
        return int(header[1], 16), int(header[2], 16)
    # A header that was cut short: the first line has the count too. Its records are given again.
    line = _LINE.fullmatch(os.pread(file, _LINE_LENGTH, _START))
    return (int(line[1], 16) if line else 1), _START


def _set_header(file: int, count: int, cursor: int) -> None:
    _write(file, b"spool2 %08x %016x\n" % (count, cursor), 0)
    os.fsync(file)


def _begin_anew(file: int, count: int, *, until: int) -> None:
    _set_header(file, count, _START)
    # What was replayed is in the database now, and is not to stay here as well.
    _write(file, bytes(until - _START), _START)


def _lines(file: int, count: int, start: int) -> Iterator[tuple[bytes, int]]:
    """Each record from there on, and where its line ends."""
    while True:
        while found := _line(file, count, start):
            yield found
            start = found[1]
        behind = _behind_damage(file, count, start)
        if behind is None:
            return
        start = behind


def _line(file: int, count: int, start: int) -> tuple[bytes, int] | None:
    line = _LINE.fullmatch(os.pread(file, _LINE_LENGTH, start))
    if line is None:
        return None
    written, length, checksum = (int(part, 16) for part in line.groups())
    record = os.pread(file, length, start + _LINE_LENGTH)
    if written != count or len(record) != length or crc32(record) != checksum:
        return None
    return record, start + _LINE_LENGTH + length + 1


def _behind_damage(file: int, count: int, start: int) -> int | None:
    """Where the next whole line begins behind one that is damaged; None if none follows."""
    begins = b"\n%08x " % count
    rest = b""
    if any(os.pread(file, _LINE_LENGTH, start)):
        rest = os.pread(file, LONGEST, start)
    at = rest.find(begins)
    while at >= 0:
        if _line(file, count, start + at + 1):
            return start + at + 1
        at = rest.find(begins, at + 1)
    return None


def _write(file: int, content: bytes, at: int) -> None:
    while content:
        written = os.pwrite(file, content, at)
        content, at = content[written:], at + written


def _take_room(file: int, room: int) -> None:
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(file, 0, room)
    else:
        end = os.fstat(file).st_size
        _write(file, bytes(room - end), end)
