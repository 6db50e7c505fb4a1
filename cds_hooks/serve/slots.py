"""Slots of workers: one that takes another's place is known by the same number."""

from collections.abc import Iterable


class Slot:
    """The slot of this process: 0 until it is given another."""

    number = 0

    def __call__(self) -> int:
        """The number, as prometheus_client asks for it at each count."""
        return self.number


def free(taken: Iterable[int]) -> int:
    """The lowest slot, from 1 on, that no running worker has."""
    used = set(taken)
    return next(number for number in range(1, len(used) + 2) if number not in used)
