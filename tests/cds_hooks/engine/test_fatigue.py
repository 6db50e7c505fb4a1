from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace as changed
from datetime import datetime, timedelta
from threading import Barrier, Event
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from msgspec.structs import replace
from sqlalchemy import Connection
from structlog.testing import capture_logs

from cds_hooks.engine.answer import Answer
from cds_hooks.engine.call import Call
from cds_hooks.engine.discovery import offered
from cds_hooks.engine.extension import EXTENSION
from cds_hooks.engine.fatigue import Answered, Past, quiet, withhold
from cds_hooks.engine.respond import respond
from cds_hooks.engine.service import services
from cds_hooks.protocol.feedback import Kind, Outcome
from cds_hooks.protocol.json import encode, read_request
from cds_hooks.settings.fatigue import FatigueSettings
from cds_hooks.settings.services import ServiceSettings
from cds_hooks.settings.settings import Settings
from cds_hooks.settings.store import StoreSettings
from cds_hooks.store import startup
from cds_hooks.store.database import THREADS, Store
from cds_hooks.store.feedback_rows import Received, keep
from cds_hooks.store.pseudonyms import Keys
from cds_hooks.store.recorder import Recorder
from tests import stores
from tests.cds_hooks.store.calls import HYPERKALAEMIA, remembered
from tests.charts import (
    ALL_LIVE,
    APIXABAN,
    ATRIAL_FIBRILLATION,
    DIABETES,
    HYPERTENSION,
    IBUPROFEN,
    METFORMIN,
    NOW,
    Resource,
    at_risk,
    order,
    patient,
    problem,
    request,
    result,
)

ON = replace(ALL_LIVE, fatigue=FatigueSettings(on=True))
RISK = "cardiovascular-risk"
TOPIC = "CardiovascularRisk"
AT_RISK = (patient(), *at_risk())
DRUGS = (patient(), result("creatinine", 3.9), *map(order, (METFORMIN, IBUPROFEN, APIXABAN)))
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def remembering(sqlite_settings: StoreSettings) -> Recorder:
    return startup.recorder(sqlite_settings, stores.ENVIRONMENT)


@pytest.fixture
def either(store_settings: StoreSettings) -> Recorder:
    """A recorder with a database of each kind in turn."""
    return startup.recorder(store_settings, stores.ENVIRONMENT)


def asked(
    *resources: Resource,
    service: str = RISK,
    settings: Settings = ON,
    at: datetime = NOW,
    user: str | None = "Practitioner/one",
    instance: str = "",
) -> Answer:
    """What the service answers before anything is withheld."""
    sent = request(services()[service], *(resources or AT_RISK), settings=settings)
    sent["hookInstance"] = instance or str(uuid4())
    sent["context"] |= {"userId": user} if user else {}
    return respond(offered(services()[service], settings), read_request(encode(sent)), now=at)


def called(
    remembering: Recorder, *resources: Resource, client: str = "demo", **more: Any
) -> Answer:
    """What a call is answered, and leaves behind."""
    answer = asked(*resources, **more)
    call = Call(client, str(uuid4()), more.get("at", NOW))
    answer = withhold(answer, remembering.past(answer, call), now=call.at)
    remembering.record(answer, call)
    return answer


def told(
    remembering: Recorder,
    answer: Answer,
    *,
    kind: Kind = "overridden",
    at: datetime = NOW,
    service: str = "",
    client: str = "demo",
    clock: timedelta = timedelta(0),
) -> None:
    """Feedback on the first card of the answer, from a client whose clock is off by that much."""
    outcome = Outcome(str(answer.issued[0].card.uuid), kind, at + clock)
    received = Received((outcome,), client=client, service=service or answer.service.id, at=at)
    with remembering.store.begin() as connection:
        keep(connection, received)


def withheld(answer: Answer) -> list[str]:
    return [each.withheld for each in answer.issued]


@pytest.mark.parametrize("kind", ["accepted", "overridden"])
def test_a_card_that_its_user_has_answered_is_withheld(either: Recorder, kind: Kind) -> None:
    told(either, called(either), kind=kind)
    again = called(either, at=LATER)
    assert withheld(again) == ["answered"]
    assert again.response.cards == ()


def test_a_card_that_no_one_has_answered_is_shown_again(remembering: Recorder) -> None:
    called(remembering)
    assert withheld(called(remembering, at=LATER)) == [""]


def test_unless_the_site_turns_it_on_nothing_is_withheld(remembering: Recorder) -> None:
    off = replace(ON, fatigue=FatigueSettings(most_an_hour=1))
    told(remembering, called(remembering, settings=off))
    assert withheld(called(remembering, settings=off, at=LATER)) == [""]


def test_what_is_withheld_is_recorded_with_its_reason_and_told(remembering: Recorder) -> None:
    told(remembering, called(remembering))
    again = called(remembering, at=LATER)
    rows = {row["uuid"]: row for row in remembered(remembering.store)["cards"]}
    row = rows[again.issued[0].card.uuid]
    assert (row["shown"], row["withheld_reason"]) == (False, "answered")
    assert again.response.extension
    account = again.response.extension[EXTENSION]
    assert account["withheld"] == [{"topic": TOPIC, "reason": "answered"}]


@pytest.mark.parametrize(
    "other",
    [{"user": "Practitioner/other"}, {"user": None}, {"client": "another"}],
    ids=["another user", "no user", "another client"],
)
def test_an_answer_is_that_of_one_user_of_one_client(
    remembering: Recorder, other: dict[str, Any]
) -> None:
    told(remembering, called(remembering))
    assert withheld(called(remembering, at=LATER, **other)) == [""]


def test_an_answer_is_about_one_patient(remembering: Recorder) -> None:
    told(remembering, called(remembering))
    other = msgspec.json.decode(encode(AT_RISK).replace(b'"p1"', b'"p2"').replace(b"/p1", b"/p2"))
    answer = asked(*other, at=LATER)
    assert answer.request.context.patient_id == "p2"
    assert remembering.past(answer, Call("demo", "c", LATER)).answered == {}


def test_an_answer_is_about_one_topic(remembering: Recorder) -> None:
    first = called(remembering, *DRUGS, service="lab-safety")
    assert withheld(first) == ["", ""]
    told(remembering, first)
    again = called(remembering, *DRUGS, service="lab-safety", at=LATER)
    assert withheld(again) == ["answered", ""]


def test_a_critical_card_is_never_withheld(remembering: Recorder) -> None:
    site = replace(ON, fatigue=FatigueSettings(on=True, most_an_hour=1))
    asked_of: Any = {"service": "lab-safety", "settings": site}
    for _ in range(3):
        answer = called(remembering, *HYPERKALAEMIA, **asked_of)
        assert [each.card.indicator for each in answer.issued] == ["critical"]
        assert withheld(answer) == [""]
        told(remembering, answer)


@pytest.mark.parametrize("clock", [timedelta(0), timedelta(days=400)], ids=["right", "ahead"])
def test_a_card_is_shown_again_after_the_stated_time(
    remembering: Recorder, clock: timedelta
) -> None:
    told(remembering, called(remembering), clock=clock)
    last = NOW + timedelta(days=90) - timedelta(seconds=1)
    assert withheld(called(remembering, at=last)) == ["answered"]
    assert withheld(called(remembering, at=NOW + timedelta(days=90))) == [""]


def test_services_about_hours_are_quiet_for_hours() -> None:
    hours = {name: quiet(each, ON) for name, each in services().items() if each.acute}
    assert {"lab-safety", "early-warning"} <= set(hours)
    assert set(hours.values()) == {timedelta(hours=12)}
    assert quiet(services()[RISK], ON) == timedelta(days=90)


def test_a_site_states_the_times_for_all_services_and_for_each() -> None:
    own = ServiceSettings(quiet_hours=3)
    fatigue = FatigueSettings(on=True, acute_hours=6, prevention_days=30)
    site = replace(ON, fatigue=fatigue, services={RISK: own})
    assert quiet(services()[RISK], site) == timedelta(hours=3)
    assert quiet(services()["kidney-risk"], site) == timedelta(days=30)
    assert quiet(services()["lab-safety"], site) == timedelta(hours=6)


def decided(before: Answered, *, settings: Settings = ON) -> str:
    """Why the risk's card is withheld from who answered that card before."""
    (made,) = withhold(asked(settings=settings), Past({TOPIC: before}), now=NOW).issued
    return made.withheld


def over() -> float:
    return asked().issued[0].over


def test_a_card_is_shown_again_when_its_indicator_rises() -> None:
    assert decided(Answered("info", over(), NOW)) == ""
    assert decided(Answered("warning", over(), NOW)) == "answered"
    assert decided(Answered("critical", over(), NOW)) == "answered"


@pytest.mark.parametrize("sign", [-1, 1])
def test_a_card_is_shown_again_when_the_risk_moves_by_the_margin(sign: int) -> None:
    margin = services()[RISK].margin
    assert decided(Answered("warning", over() + sign * margin * 0.99, NOW)) == "answered"
    assert decided(Answered("warning", over() + sign * margin * 1.01, NOW)) == ""
    wider = replace(ON, services={RISK: ServiceSettings(mode="live", margin=2.0)})
    assert decided(Answered("warning", over() + sign * 1.9, NOW), settings=wider) == "answered"


@pytest.mark.parametrize("before", [None, 0.0])
def test_that_nothing_could_be_computed_is_no_answer_to_what_is(before: float | None) -> None:
    wide = replace(ON, services={RISK: ServiceSettings(mode="live", margin=1000.0)})
    assert decided(Answered("warning", before, NOW), settings=wide) == ""


def test_the_same_hook_instance_is_answered_the_same_again(either: Recorder) -> None:
    instance = str(UUID(int=7))
    first = called(either, instance=instance)
    told(either, first)
    again = called(either, instance=instance, at=NOW + timedelta(seconds=1))
    assert encode(again.response) == encode(first.response)
    other = called(either, at=LATER)
    assert withheld(other) == ["answered"]
    repeated = called(
        either,
        instance=str(other.request.hook_instance),
        at=LATER + timedelta(seconds=1),
        settings=replace(ON, services={RISK: ServiceSettings(mode="live", quiet_hours=0)}),
    )
    assert withheld(repeated) == ["answered"]


def test_of_one_service_no_more_cards_are_shown_in_an_hour_than_the_site_says(
    either: Recorder,
) -> None:
    site = replace(ON, fatigue=FatigueSettings(on=True, most_an_hour=3))
    asked_of: Any = {"service": "lab-safety", "settings": site}
    assert withheld(called(either, *DRUGS, **asked_of)) == ["", ""]
    second = called(either, *DRUGS, **asked_of, at=NOW + timedelta(minutes=59))
    assert withheld(second) == ["", "capped"]
    # Another service has a limit of its own, and the next hour begins with none shown.
    assert withheld(called(either, settings=site)) == [""]
    later = called(either, *DRUGS, **asked_of, at=NOW + timedelta(minutes=121))
    assert withheld(later) == ["", ""]


def test_a_repeated_call_is_not_limited_by_itself(remembering: Recorder) -> None:
    site = replace(ON, fatigue=FatigueSettings(on=True, most_an_hour=2))
    asked_of: Any = {"service": "lab-safety", "settings": site, "instance": str(UUID(int=9))}
    first, again = (called(remembering, *DRUGS, **asked_of) for _ in range(2))
    assert withheld(first) == withheld(again) == ["", ""]


def test_an_answer_to_a_card_counts_where_the_services_are_gathered(remembering: Recorder) -> None:
    chart = (*AT_RISK, *map(problem, (ATRIAL_FIBRILLATION, HYPERTENSION, DIABETES)))
    told(remembering, called(remembering, *chart))
    together = called(remembering, *chart, service="patient-risks", at=LATER)
    shown = {each.card.source.topic.code: each.withheld for each in together.issued}  # type: ignore[union-attr]
    assert shown[TOPIC] == "answered"
    assert [why for name, why in shown.items() if name != TOPIC] == [""] * (len(shown) - 1)


def test_a_line_that_sums_up_other_cards_is_not_withheld_for_an_answer() -> None:
    answer = asked(service="patient-risks")
    own = answer.evaluations[0]
    line = changed(answer.issued[0], rests_on=(own, *answer.evaluations[1:]))
    assert own.service.gathers
    summed = changed(answer, issued=(line,))
    before = Past({TOPIC: Answered("warning", line.over, NOW)})
    assert withheld(withhold(summed, before, now=NOW)) == [""]
    assert withheld(withhold(answer, before, now=NOW))[0] == "answered"


def test_feedback_that_does_not_fit_the_card_is_no_answer_to_it(remembering: Recorder) -> None:
    told(remembering, called(remembering), service="lab-safety")
    assert withheld(called(remembering, at=LATER)) == [""]


def test_the_newest_answer_counts(remembering: Recorder) -> None:
    first = called(remembering)
    told(remembering, first)
    after = NOW + timedelta(days=91)
    told(remembering, called(remembering, at=after), at=after)
    assert withheld(called(remembering, at=after + timedelta(days=1))) == ["answered"]


def test_an_answer_is_known_again_after_the_secret_has_changed(remembering: Recorder) -> None:
    told(remembering, called(remembering))
    newer = Keys((b"a new secret, which is long", *remembering.keys.secrets))
    rotated = Recorder(
        remembering.store, remembering.spool, settings=remembering.settings, keys=newer
    )
    assert withheld(called(rotated, at=LATER)) == ["answered"]


def test_a_database_that_is_away_withholds_nothing_and_is_not_tried_twice(
    remembering: Recorder,
) -> None:
    told(remembering, called(remembering))
    remembering.store = Store("sqlite:////nowhere/at/all.db")
    with capture_logs() as logs:
        assert withheld(called(remembering, at=LATER)) == [""]
    assert [each["event"] for each in logs] == ["unremembered"]
    assert remembering.spool.waiting()


def test_a_database_that_is_late_withholds_nothing(sqlite_settings: StoreSettings) -> None:
    there = startup.recorder(sqlite_settings, stores.ENVIRONMENT)
    told(there, called(there))
    hasty = startup.recorder(replace(sqlite_settings, patience_ms=1), stores.ENVIRONMENT)
    with busy(hasty.store), capture_logs() as logs:
        assert withheld(called(hasty, at=LATER)) == [""]
    assert logs[0]["event"] == "unremembered"


@contextmanager
def busy(store: Store) -> Iterator[None]:
    """The database has as much to do as it can do at once."""
    begun, over = Barrier(THREADS + 1), Event()

    def work(_: Connection) -> None:
        begun.wait()
        over.wait()

    with ThreadPoolExecutor(THREADS) as callers:
        for _ in range(THREADS):
            callers.submit(store.read_within, 60.0, work)
        begun.wait()
        try:
            yield
        finally:
            over.set()


def test_a_silent_service_goes_on_as_silent(remembering: Recorder) -> None:
    silent = replace(ON, services={RISK: ServiceSettings(mode="silent")})
    assert withheld(called(remembering, settings=silent)) == ["silent"]
