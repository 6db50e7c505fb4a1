from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, select

from cds_hooks.protocol.feedback import Outcome
from cds_hooks.settings.store import StoreSettings
from cds_hooks.store.database import Store, insert
from cds_hooks.store.feedback_rows import ForeignCard, Issued, Received, arrive, keep, rows
from cds_hooks.store.schema import Batch, Row, feedback

NOON = datetime(2026, 3, 15, 12, tzinfo=UTC)
DISMISSED = Outcome(card="c", kind="overridden", at=NOON)
CARD: Row = {
    "client": "a",
    "uuid": "c",
    "call_id": "call",
    "hook_instance": "h",
    "service": "s",
    "indicator": "info",
    "patient_id": "p",
    "shown": True,
    "issued_at": "2026-03-15T11:00:00.000000Z",
    "suggestions": '["x"]',
    "rests_on": "[]",
}


def received(*outcomes: Outcome, client: str = "a", service: str = "s") -> Received:
    return Received(outcomes, client=client, service=service, at=NOON)


def accepted(*suggestions: str) -> Outcome:
    return Outcome(card="c", kind="accepted", at=NOON, suggestions=suggestions)


@pytest.fixture
def store(store_settings: StoreSettings) -> Iterator[Store]:
    made = Store(store_settings.url)
    yield made
    made.close()


def kept(store: Store) -> list[Any]:
    with store.reading() as connection:
        return list(connection.execute(select(feedback)).mappings())


@pytest.mark.parametrize(
    ("outcome", "issued", "orphan", "mismatch"),
    [
        (DISMISSED, None, True, False),
        (DISMISSED, Issued("s", frozenset()), False, False),
        (DISMISSED, Issued("another", frozenset()), False, True),
        (accepted("x"), Issued("s", frozenset("xy")), False, False),
        (accepted("x", "z"), Issued("s", frozenset("xy")), False, True),
        (accepted("x"), None, True, False),
    ],
)
def test_an_outcome_is_an_orphan_or_a_mismatch_by_the_card_that_was_issued(
    outcome: Outcome, issued: Issued | None, orphan: bool, mismatch: bool
) -> None:
    (row,) = rows(received(outcome), {"c": issued} if issued else {})
    assert (row["orphan"], row["mismatch"]) == (orphan, mismatch)


def test_a_card_and_its_suggestions_are_found_in_the_database(store: Store) -> None:
    with store.begin() as connection:
        insert(connection, {"cards": [CARD]})
        keep(connection, received(accepted("x"), accepted("y"), DISMISSED))
    found = {row["suggestions"]: (row["orphan"], row["mismatch"]) for row in kept(store)}
    assert found == {'["x"]': (False, False), '["y"]': (False, True), "[]": (False, False)}


LATE: Batch = {"cards": [CARD, dict(CARD) | {"uuid": "d"}]}
"""Cards that the feedback comes before."""


def test_an_orphan_is_none_once_its_card_arrives_and_is_compared_with_it(store: Store) -> None:
    other = Outcome(card="never issued", kind="overridden", at=NOON)
    posts = (
        received(accepted("x"), accepted("z"), other),
        received(DISMISSED, service="t"),
        received(DISMISSED, client="b"),
    )
    with store.begin() as connection:
        for post in posts:
            keep(connection, post)
    assert all(row["orphan"] for row in kept(store))
    for _ in range(2):
        store.within(5, lambda c: arrive(c, LATE))
    found = {
        (row["client"], row["service"], row["card_uuid"], row["suggestions"]): (
            row["orphan"],
            row["mismatch"],
        )
        for row in kept(store)
    }
    assert found == {
        ("a", "s", "c", '["x"]'): (False, False),
        ("a", "s", "c", '["z"]'): (False, True),
        ("a", "t", "c", "[]"): (False, True),
        ("a", "s", "never issued", "[]"): (True, False),
        ("b", "s", "c", "[]"): (True, False),
    }


@pytest.mark.parametrize("first", ["feedback", "card"])
def test_a_card_and_its_feedback_that_come_at_once_find_each_other(
    store: Store, first: str
) -> None:
    works: list[Callable[[Connection], None]] = [
        lambda c: keep(c, received(DISMISSED)),
        lambda c: arrive(c, LATE),
    ]
    one, other = works if first == "feedback" else reversed(works)
    with ThreadPoolExecutor(1) as thread:
        with store.begin() as connection:
            one(connection)
            coming = thread.submit(store.within, 10, other)
            # It waits for the transaction that is under way, whichever of the two that is.
            assert not wait([coming], timeout=0.2).done
        coming.result()
    assert [(row["orphan"], row["mismatch"]) for row in kept(store)] == [(False, False)]


def test_another_clients_card_is_foreign_and_its_twin_of_ones_own_is_not(store: Store) -> None:
    with store.begin() as connection:
        insert(connection, {"cards": [dict(CARD) | {"client": "b"}]})
        with pytest.raises(ForeignCard) as refused:
            keep(connection, received(Outcome(card="q", kind="overridden", at=NOON), DISMISSED))
        assert refused.value.items == (1,)
        insert(connection, {"cards": [CARD]})
        keep(connection, received(DISMISSED))
    assert [row["orphan"] for row in kept(store)] == [False]


def test_what_is_kept_is_kept_once_for_each_client_and_service(store: Store) -> None:
    for _ in range(2):
        for client, service in (("a", "s"), ("a", "t"), ("b", "s")):
            with store.begin() as connection:
                keep(connection, received(DISMISSED, client=client, service=service))
    assert len(kept(store)) == 3


def test_no_text_that_was_not_sent_is_kept_as_an_empty_one(store: Store) -> None:
    with store.begin() as connection:
        keep(connection, received(DISMISSED))
    (row,) = kept(store)
    assert not [name for name, value in row.items() if value == ""]


def test_the_same_events_sent_at_once_and_in_any_order_are_kept_once(store: Store) -> None:
    events = [Outcome(card=f"c{number}", kind="overridden", at=NOON) for number in range(50)]
    posts = [received(*events), received(*reversed(events))] * 4
    with ThreadPoolExecutor(len(posts)) as clients:
        list(clients.map(lambda post: store.within(10, lambda c: keep(c, post)), posts))
    assert len(kept(store)) == len(events)
