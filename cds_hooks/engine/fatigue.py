"""Which cards are withheld: those that this user has answered, and those beyond an hour's limit."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from cds_hooks.engine.answer import Answer, IssuedCard
from cds_hooks.engine.service import Service
from cds_hooks.protocol.cards import URGENCY, Indicator
from cds_hooks.settings.settings import Settings

ANSWERED = "answered"
CAPPED = "capped"
LIMITED = timedelta(hours=1)
"""The time that a service's limit of cards is for."""


@dataclass(frozen=True, slots=True)
class Answered:
    """The newest card of a topic that the user accepted or overrode, as it was, and when."""

    indicator: Indicator
    over: float | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Past:
    """What is remembered that may withhold a card.

    `answered` is by topic, of this user and patient. `decided` says of the cards of this hook
    instance, by uuid, why they were withheld ("" if they were shown). `shown` is how many cards,
    the critical ones aside, the service has shown in the last hour.
    """

    answered: Mapping[str, Answered] = field(default_factory=dict)
    decided: Mapping[str, str] = field(default_factory=dict)
    shown: int = 0


def withhold(answer: Answer, past: Past, *, now: datetime) -> Answer:
    """The answer without the cards that are withheld, each with its reason; `now` is aware.

    A critical card never is. What the hook instance was answered before it is answered again.
    """
    if not watched(answer):
        return answer
    return replace(answer, issued=tuple(_decided(answer, past, now=now)))


def watched(answer: Answer) -> bool:
    """Whether the site wants cards of this answer withheld at all."""
    return answer.chart.settings.fatigue.on and answer.mode == "live" and bool(answer.issued)


def most_an_hour(service: Service, settings: Settings) -> int:
    """How many cards, the critical ones aside, the service may show in an hour; 0: any number."""
    own = settings.of(service.id).most_an_hour
    return settings.fatigue.most_an_hour if own is None else own


def quiet(service: Service, settings: Settings) -> timedelta:
    """For how long a card of the service is withheld once its user has answered it."""
    own, fatigue = settings.of(service.id).quiet_hours, settings.fatigue
    if own is not None:
        return timedelta(hours=own)
    if service.acute:
        return timedelta(hours=fatigue.acute_hours)
    return timedelta(days=fatigue.prevention_days)


def _decided(answer: Answer, past: Past, *, now: datetime) -> Iterator[IssuedCard]:
    settings, shown = answer.chart.settings, past.shown
    most = most_an_hour(answer.service, settings)
    for each in answer.issued:
        known = past.decided.get(str(each.card.uuid))
        if known is not None or each.card.indicator == "critical":
            yield replace(each, withheld=known or "")
        elif _answered(each, past.answered.get(each.topic), settings, now=now):
            yield replace(each, withheld=ANSWERED)
        elif most and shown >= most:
            yield replace(each, withheld=CAPPED)
        else:
            shown += 1
            yield each


def _answered(
    issued: IssuedCard, before: Answered | None, settings: Settings, *, now: datetime
) -> bool:
    """Whether the user's answer still holds for this card."""
    service = issued.rests_on[0].service
    # A line that sums up other cards may sum up others than the one that was answered.
    if before is None or service.gathers or now - before.at >= quiet(service, settings):
        return False
    if URGENCY.index(issued.card.indicator) < URGENCY.index(before.indicator):
        return False
    own = settings.of(service.id).margin
    return not _moved(before.over, issued.over, margin=service.margin if own is None else own)


def _moved(before: float | None, now: float, *, margin: float) -> bool:
    """Whether it is as good as another finding; so is what could not be computed then, and can."""
    return before is None or bool(before) != bool(now) or abs(now - before) >= margin
