"""The committee's file: what a service did in a period, or would have done, on one page of HTML."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from jinja2 import Environment, PackageLoader, StrictUndefined
from sqlalchemy import Connection, select

from cds_hooks.monitoring.calibration import (
    Course,
    Performance,
    by_group,
    course,
    month,
    performance,
)
from cds_hooks.monitoring.labelled import Labelled, labelled
from cds_hooks.monitoring.simulated import is_simulated
from cds_hooks.store.assessments import kept_between
from cds_hooks.store.schema import cards, feedback
from cds_hooks.store.timestamps import written

MOST_REASONS = 6


@dataclass(frozen=True, slots=True)
class Burden:
    """Calls, patients and cards; of the cards how many were shown, and how they were answered."""

    calls: int
    patients: int
    cards: int
    shown: int
    alerted_patients: int
    accepted: int
    overridden: int
    reasons: tuple[tuple[str, int], ...]

    @property
    def cards_per_100_patients(self) -> float | None:
        """Cards made, shown or not, for each 100 patients; None without any."""
        return 100 * self.cards / self.patients if self.patients else None

    @property
    def override_rate(self) -> float | None:
        """Of the cards that were answered; None without any."""
        answered = self.accepted + self.overridden
        return self.overridden / answered if answered else None


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a predictor in a mode, how often it was asked and refused, and its outcomes."""

    predictor: str
    version: str
    mode: str
    asked: int
    refused: int
    performances: tuple[tuple[str, Performance], ...]
    courses: tuple[tuple[str, Course], ...]


@dataclass(frozen=True, slots=True)
class Committee:
    """Everything that the page tells."""

    service: str
    since: datetime
    until: datetime
    modes: tuple[tuple[str, int], ...]
    burden: Burden
    before: Burden
    missing: tuple[tuple[str, int], ...]
    versions: tuple[Version, ...]
    simulated: bool


def committee(
    connection: Connection,
    *,
    service: str,
    since: datetime,
    until: datetime,
) -> Committee:
    """What the store tells of a service in that time, and in as long before it."""
    modes, missing, asked, outcomes = _walked(connection, service, since, until)
    made = {
        outcome: labelled(connection, service=service, outcome=outcome, since=since, until=until)
        for outcome in sorted(outcomes)
    }
    return Committee(
        service,
        since,
        until,
        tuple(modes.most_common()),
        _burden(connection, service, since, until),
        _burden(connection, service, since - (until - since), since),
        tuple(missing.most_common(MOST_REASONS)),
        tuple(_version(key, counts, made) for key, counts in sorted(asked.items())),
        is_simulated(connection),
    )


def page(found: Committee) -> str:
    """The HTML, without scripts, as it is printed."""
    environment = Environment(
        loader=PackageLoader("cds_hooks.monitoring"), autoescape=True, undefined=StrictUndefined
    )
    return environment.get_template("committee.html").render(found=found)


_Key = tuple[str, str, str]


def _walked(
    connection: Connection, service: str, since: datetime, until: datetime
) -> tuple[Counter[str], Counter[str], Mapping[_Key, Counter[str]], set[str]]:
    """Modes of calls, inputs that were missing, versions asked and refused, outcomes predicted."""
    modes, missing = Counter[str](), Counter[str]()
    asked: dict[_Key, Counter[str]] = {}
    outcomes = set[str]()
    for row, kept in kept_between(connection, since, until):
        own = [each for each in kept.assessments if each.service == service]
        if own:
            modes[str(row["mode"])] += 1
        for each in own:
            counts = asked.setdefault((each.predictor, each.version or "", each.mode), Counter())
            counts["asked"] += 1
            counts["refused"] += not each.predictions
            missing.update(reason.input for reason in each.reasons if reason.input)
            outcomes |= {made.outcome for made in each.predictions if made.unit == "1"}
    return modes, missing, asked, outcomes


def _version(key: _Key, counts: Counter[str], made: Mapping[str, Sequence[Labelled]]) -> Version:
    predictor, version, mode = key
    own = {
        outcome: [each for each in rows if (each.version, each.mode) == (version, mode)]
        for outcome, rows in made.items()
    }
    known = {outcome: rows for outcome, rows in own.items() if rows}
    return Version(
        predictor,
        version,
        mode,
        counts["asked"],
        counts["refused"],
        tuple((outcome, performance("all", rows)) for outcome, rows in known.items()),
        tuple((outcome, course(by_group(rows, month))) for outcome, rows in known.items()),
    )


def _burden(connection: Connection, service: str, since: datetime, until: datetime) -> Burden:
    called = list(_calls(connection, service, since, until))
    own = cards.c
    issued = connection.execute(
        select(own.client, own.uuid, own.patient_id, own.shown).where(
            own.service == service,
            own.issued_at >= written(since),
            own.issued_at < written(until),
        )
    ).all()
    answers, reasons = _answers(connection, {(row.client, row.uuid) for row in issued})
    return Burden(
        len(called),
        len(set(called)),
        len(issued),
        sum(bool(row.shown) for row in issued),
        len({(row.client, row.patient_id) for row in issued}),
        sum("accepted" in each for each in answers.values()),
        sum("overridden" in each and "accepted" not in each for each in answers.values()),
        tuple(reasons.most_common(MOST_REASONS)),
    )


def _calls(
    connection: Connection, service: str, since: datetime, until: datetime
) -> Iterator[tuple[str, str]]:
    """The patient of each call in which the service was asked, by itself or gathered."""
    for row, kept in kept_between(connection, since, until):
        if row["service"] == service or any(e.service == service for e in kept.assessments):
            yield str(row["client"]), str(row["patient_id"])


def _answers(
    connection: Connection, issued: set[tuple[str, str]]
) -> tuple[Mapping[tuple[str, str], set[str]], Counter[str]]:
    """The outcomes of each card that was answered, and the reasons of overrides."""
    own, outcomes, reasons = feedback.c, dict[tuple[str, str], set[str]](), Counter[str]()
    sought = select(own.client, own.card_uuid, own.outcome, own.reason_display, own.reason_code)
    for client, uuid, outcome, display, code in connection.execute(sought):
        if (client, uuid) in issued:
            outcomes.setdefault((client, uuid), set()).add(outcome)
            if outcome == "overridden":
                reasons[display or code or "no reason given"] += 1
    return outcomes, reasons
