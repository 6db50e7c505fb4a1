"""What a service answers to one call, and all that led to it: what is sent, and what is kept."""

from dataclasses import dataclass
from functools import cached_property

from msgspec import UNSET

from cds_hooks.engine.chart import Chart
from cds_hooks.engine.discovery import OfferedService
from cds_hooks.engine.evaluation import Evaluation
from cds_hooks.engine.extension import extension
from cds_hooks.engine.finding import Finding, topic_of
from cds_hooks.engine.service import Service
from cds_hooks.protocol.cards import Card, CDSResponse
from cds_hooks.protocol.hooks import Context, HookRequest
from cds_hooks.settings.services import Mode


@dataclass(frozen=True, slots=True)
class IssuedCard:
    """One card with its uuid, the evaluations it rests on, and why it is withheld ("" if shown).

    `over` is the finding's: how far beyond the threshold that calls for it the patient is.
    """

    card: Card
    over: float
    rests_on: tuple[Evaluation, ...]
    withheld: str = ""

    @property
    def topic(self) -> str:
        """The code of the card's topic; "" without one."""
        return topic_of(self.card)

    @property
    def finding(self) -> Finding | None:
        """What the one evaluation that it rests on found of its topic; None if there are more."""
        if len(self.rests_on) != 1:
            return None
        return self.rests_on[0].finding(self.topic)

    @property
    def tells_of_a_risk(self) -> bool:
        """Whether it tells of the risk of one service, and so has a detail."""
        return self.finding is not None and self.finding.about is not None


@dataclass(frozen=True)
class Answer:
    """Every card that was made for one call, and every evaluation.

    The first evaluation is the service's own, the others are of the services that it gathers, and
    of the model versions that the site only tries. `record` says where the call's record is if it
    is not in the database when the answer leaves.
    """

    offered: OfferedService
    request: HookRequest[Context]
    chart: Chart
    evaluations: tuple[Evaluation, ...]
    issued: tuple[IssuedCard, ...]
    record: str = ""

    @property
    def service(self) -> Service:
        """The service that was called."""
        return self.offered.service

    @property
    def mode(self) -> Mode:
        """The mode in which it was called."""
        return self.offered.mode

    @cached_property
    def shown(self) -> tuple[IssuedCard, ...]:
        """The cards that are sent."""
        return tuple(each for each in self.issued if not each.withheld)

    @cached_property
    def response(self) -> CDSResponse:
        """What is sent; in the modes `silent` and `shadow` nothing but that the call was taken."""
        cards = tuple(each.card for each in self.shown)
        if self.mode != "live":
            return CDSResponse(cards=cards)
        withheld = [(each.topic, each.withheld) for each in self.issued if each.withheld]
        told = extension(self.chart, self.evaluations, withheld, record=self.record)
        return CDSResponse(cards=cards, extension=told or UNSET)
