"""What went wrong with records, counted over all processes that were forked from this one."""

import mmap
import os
import struct
import time
from dataclasses import dataclass

_SLOTS = 128
_SLOT = struct.Struct("QQd")
"""Of one process: late, lost, and when the last of them was."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How many answers left before their record was known to be on a disk, and how many never were.

    `at` is when the last of these was, in seconds since 1970; 0.0 for never.
    """

    late: int
    lost: int
    at: float


class Tally:
    """Counts in memory that forked processes share. No lock: each process has a place of its own.

    A process that was killed leaves its counts. Two processes whose ids are equal modulo the number
    of places may lose a count.
    """

    def __init__(self) -> None:
        self._shared = mmap.mmap(-1, _SLOTS * _SLOT.size)

    def late(self) -> None:
        """Counts an answer that left before its record was known to be on a disk."""
        self._add(1, 0)

    def lost(self) -> None:
        """Counts a record that could be kept nowhere."""
        self._add(0, 1)

    @property
    def counts(self) -> Counts:
        """Of all processes."""
        slots = list(_SLOT.iter_unpack(self._shared[:]))
        late, lost, at = zip(*slots, strict=True)
        return Counts(sum(late), sum(lost), max(at))

    def _add(self, late: int, lost: int) -> None:
        place = os.getpid() % _SLOTS * _SLOT.size
        before_late, before_lost, _ = _SLOT.unpack_from(self._shared, place)
        counts = (before_late + late, before_lost + lost, time.time())
        _SLOT.pack_into(self._shared, place, *counts)
