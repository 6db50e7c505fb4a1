"""How training and validation say how far they are."""

from collections.abc import Callable
from typing import TypeAlias

Progress: TypeAlias = Callable[[float, str], None]
"""Told the share that is done (0 to 1, never less than before) and what is being done now."""


def silent(_share: float, _doing: str) -> None:
    """Tells nobody."""


def within(progress: Progress, start: float, end: float) -> Progress:
    """Progress of a part, told as running from `start` to `end` of the whole."""

    def tell(share: float, doing: str) -> None:
        progress(start + (end - start) * share, doing)

    return tell
