"""The charts that the demo keeps in memory for a while, so that a card's detail can be opened."""

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock

from cds_hooks.engine.answer import Answer
from cds_hooks.engine.chart import Chart
from cds_hooks.engine.service import Service

MOST_CHARTS = 50
"""Charts that are kept; the oldest gives way."""


@dataclass(frozen=True, slots=True)
class KeptCard:
    """A card that was shown: the chart, which service was called, and whose finding it is."""

    chart: Chart
    called: Service
    service: Service
    topic: str


class DemoCharts:
    """The newest charts by their cards; nothing is written anywhere. Safe between threads."""

    def __init__(self, most: int = MOST_CHARTS) -> None:
        self.most = most
        self._charts: OrderedDict[str, dict[str, KeptCard]] = OrderedDict()
        self._lock = Lock()

    def keep(self, answer: Answer) -> None:
        """Keeps the chart of an answer whose cards have a detail."""
        cards = {
            str(issued.card.uuid): KeptCard(
                answer.chart, answer.service, issued.rests_on[0].service, issued.topic
            )
            for issued in answer.shown
            if issued.tells_of_a_risk
        }
        if cards:
            with self._lock:
                self._charts[f"{answer.service.id} {answer.request.hook_instance}"] = cards
                while len(self._charts) > self.most:
                    self._charts.popitem(last=False)

    def of(self, card: str) -> KeptCard | None:
        """What is kept of the card with that uuid; None if it is not, or no more."""
        with self._lock:
            found = (cards[card] for cards in self._charts.values() if card in cards)
            return next(found, None)
