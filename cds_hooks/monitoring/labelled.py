"""Predictions from the store, joined with what happened within their horizon."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from cds_hooks.monitoring.outcomes import Outcome, kept
from cds_hooks.store.assessments import KeptAssessment, KeptPrediction, kept_between
from cds_hooks.store.schema import cards

YEAR = timedelta(days=365.25)


@dataclass(frozen=True, slots=True)
class Labelled:
    """A prediction and whether its outcome happened; None where the patient was not followed."""

    client: str
    patient: str
    at: datetime
    service: str
    version: str
    mode: str
    risk: float
    alerted: bool
    happened: bool | None
    hours_to_event: float | None


def labelled(
    connection: Connection, *, service: str, outcome: str, since: datetime, until: datetime
) -> list[Labelled]:
    """The first prediction of each patient and day of that outcome, oldest first.

    `outcome` is the prediction's own name, under which outcomes are imported.
    """
    known, alerting = kept(connection, outcome=outcome), _alerting(connection, service)
    found, seen = list[Labelled](), set[tuple[str, str, str, str]]()
    for row, assessments in kept_between(connection, since, until):
        at = datetime.fromisoformat(str(row["recorded_at"]))
        client, patient = str(row["client"]), str(row["patient_id"])
        for made, prediction in _of(assessments.assessments, service, outcome):
            day = (client, patient, made.mode, at.date().isoformat())
            if day in seen or prediction.value is None:
                continue
            seen.add(day)
            happened, hours = label_of(known.get((client, patient), ()), at, _horizon(prediction))
            found.append(
                Labelled(
                    client,
                    patient,
                    at,
                    service,
                    made.version or "",
                    made.mode,
                    prediction.value,
                    (client, str(row["id"])) in alerting,
                    happened,
                    hours,
                )
            )
    return found


def _of(
    assessments: Sequence[KeptAssessment], service: str, outcome: str
) -> Iterator[tuple[KeptAssessment, KeptPrediction]]:
    for made in assessments:
        for each in made.predictions:
            if made.service == service and each.outcome == outcome and each.unit == "1":
                yield made, each


def _alerting(connection: Connection, service: str) -> set[tuple[str, str]]:
    """The calls, by client and id, for which a card of the service was made, shown or not."""
    own = cards.c
    sought = select(own.client, own.call_id).where(own.service == service)
    return {(client, call) for client, call in connection.execute(sought)}


def _horizon(prediction: KeptPrediction) -> timedelta:
    return prediction.years * YEAR + timedelta(hours=prediction.hours)


def label_of(
    known: Sequence[Outcome], at: datetime, horizon: timedelta
) -> tuple[bool | None, float | None]:
    """Whether it happened within the horizon and after how many hours; None if it is not known."""
    events = [each.at for each in known if each.happened and each.at > at]
    if events and min(events) <= at + horizon:
        return True, (min(events) - at) / timedelta(hours=1)
    if any(each.happened and each.at <= at for each in known):
        return None, None  # it had happened before
    followed = max((each.at for each in known), default=None)
    return (False, None) if followed and followed >= at + horizon else (None, None)
