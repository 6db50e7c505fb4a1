"""What a service answered, and all that led to it: what is sent, and what is remembered."""

from dataclasses import dataclass

from cds_hooks.engine.chart import Chart
from cds_hooks.engine.evaluation import Evaluation
from cds_hooks.engine.service import Service
from cds_hooks.protocol.cards import Card, CDSResponse
from cds_hooks.protocol.hooks import HookRequest
from cds_hooks.settings.settings import Mode


@dataclass(frozen=True, slots=True)
class Made:
    """One card with its uuid, what it rests on, and why it is withheld ("" if it is shown).

    `over` is the finding's.
    """

    card: Card
    over: float
    rests_on: tuple[Evaluation, ...]
    withheld: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """The response to one call, every card that was made for it, and every evaluation.

    The first evaluation is the service's own, the others are of the services that it gathers, and
    of the model versions that the site only tries.
    """

    service: Service
    request: HookRequest
    chart: Chart
    mode: Mode
    evaluations: tuple[Evaluation, ...]
    made: tuple[Made, ...]
    response: CDSResponse
