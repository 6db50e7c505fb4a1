"""A card together with what it is ranked by."""

from dataclasses import dataclass

from cds_hooks.cards import Card


@dataclass(frozen=True, slots=True)
class Finding:
    """A card, and how far beyond the threshold that calls for it the patient is.

    `over` is 1 at the threshold, 2 as far again beyond it, and 0 where nothing was computed.
    """

    card: Card
    over: float = 1.0
