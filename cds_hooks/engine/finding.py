"""A card together with what it is ranked by, and what it tells of."""

from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from cds_hooks.protocol.cards import Card
from predictors.predictor import Prediction

Purpose: TypeAlias = Literal["danger", "treatment", "diagnosis", "prevention"]
"""What a card is for: a danger now, a treatment to start or stop, a diagnosis, or prevention."""

PURPOSES: tuple[Purpose, ...] = get_args(Purpose)
"""In the order in which cards of several services are shown."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A card, and how far beyond the threshold that calls for it the patient is.

    `over` is 1 at the threshold, 2 as far again beyond it, and 0 where nothing was computed.
    `about` is the prediction that the card tells of, if it tells of one. `purpose` is None where it
    is the topic's, or the service's; what is critical is always a danger. `subjects` are what it
    tells of that another service may tell of too.
    """

    card: Card
    over: float = 1.0
    about: Prediction | None = None
    purpose: Purpose | None = None
    subjects: tuple[str, ...] = ()

    @property
    def topic(self) -> str:
        """The code of the card's topic; "" without one."""
        return topic_of(self.card)


def topic_of(card: Card) -> str:
    """The code of a card's topic; "" without one."""
    return card.source.topic.code if card.source.topic else ""
