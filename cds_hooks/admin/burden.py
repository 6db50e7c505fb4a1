"""How services are heeded: openings, cards, acceptance, and overrides with their reasons."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from cds_hooks.admin.period import Period
from cds_hooks.protocol.override_reasons import override_reasons
from cds_hooks.store.schema import calls, cards, feedback
from cds_hooks.store.timestamps import written

NO_REASON = "no reason given"


@dataclass(frozen=True, slots=True)
class Heeded:
    """One service in a period: calls, cards, and how many cards were answered and how.

    A card counts as accepted if it was ever accepted, else as overridden if it ever was; `reasons`
    are of its overrides, the most frequent first.
    """

    service: str
    calls: int
    shown: int
    withheld: int
    accepted: int
    overridden: int
    reasons: tuple[tuple[str, int], ...]

    @property
    def override_rate(self) -> float | None:
        """Of the cards that were answered; None without any."""
        answered = self.accepted + self.overridden
        return self.overridden / answered if answered else None


def heeded(connection: Connection, period: Period) -> tuple[Heeded, ...]:
    """Every service that was called or showed a card, the most overridden first."""
    called = _called(connection, period)
    issued = _issued(connection, period)
    answers, reasons = _answers(connection, period)
    found = (
        Heeded(
            id,
            calls=called[id],
            shown=issued[id, True],
            withheld=issued[id, False],
            accepted=answers[id, "accepted"],
            overridden=answers[id, "overridden"],
            reasons=tuple(reasons.get(id, Counter()).most_common()),
        )
        for id in sorted({*called, *(id for id, _ in issued), *(id for id, _ in answers)})
    )
    return tuple(sorted(found, key=lambda each: (-each.overridden, each.service)))


def _called(connection: Connection, period: Period) -> Counter[str]:
    own = calls.c
    sought = select(own.service, func.count()).where(
        own.event == "call",
        own.recorded_at >= written(period.since),
        own.recorded_at < written(period.until),
    )
    grouped = connection.execute(sought.group_by(own.service))
    return Counter({row[0]: row[1] for row in grouped})


def _issued(connection: Connection, period: Period) -> Counter[tuple[str, bool]]:
    own = cards.c
    sought = select(own.service, own.shown, func.count()).where(
        own.issued_at >= written(period.since), own.issued_at < written(period.until)
    )
    found = connection.execute(sought.group_by(own.service, own.shown))
    return Counter({(id, bool(shown)): number for id, shown, number in found})


@dataclass(frozen=True, slots=True)
class Answered:
    """A card that was answered: when it was issued, whether it ever was accepted, and else why."""

    service: str
    issued_at: str
    accepted: bool
    reasons: tuple[str, ...]


def answered(connection: Connection, period: Period) -> tuple[Answered, ...]:
    """The cards of the period with feedback, one each; `reasons` are of every override of it."""
    own, its = feedback.c, cards.c
    sought = (
        select(
            *(its.service, its.client, its.uuid, its.issued_at),
            *(own.outcome, own.reason_display, own.reason_code),
        )
        .join(cards, (its.client == own.client) & (its.uuid == own.card_uuid))
        .where(its.issued_at >= written(period.since), its.issued_at < written(period.until))
    )
    known = {each.code: each.display for each in override_reasons()}
    outcomes: dict[tuple[str, str, str, str], set[str]] = {}
    reasons: dict[tuple[str, str, str, str], list[str]] = {}
    for *card, outcome, display, code in connection.execute(sought):
        service, client, uuid, at = card
        key = (service, client, uuid, at)
        outcomes.setdefault(key, set()).add(outcome)
        if outcome == "overridden":
            reasons.setdefault(key, []).append(known.get(code) or display or code or NO_REASON)
    return tuple(
        Answered(key[0], key[3], "accepted" in told, tuple(reasons.get(key, ())))
        for key, told in outcomes.items()
    )


def _answers(
    connection: Connection, period: Period
) -> tuple[Counter[tuple[str, str]], Mapping[str, Counter[str]]]:
    """Cards by service and outcome, and overrides by service and reason; of cards of the period."""
    counted, reasons = Counter[tuple[str, str]](), dict[str, Counter[str]]()
    for each in answered(connection, period):
        counted[each.service, "accepted" if each.accepted else "overridden"] += 1
        if each.reasons:
            reasons.setdefault(each.service, Counter()).update(each.reasons)
    return counted, reasons
