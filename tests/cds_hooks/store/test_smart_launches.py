"""A launch is finished once, by the browser that began it, and in time."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from cds_hooks.settings.store import StoreSettings
from cds_hooks.store.database import Store
from cds_hooks.store.smart_launches import Launch, begin, take

NOW = datetime(2026, 3, 15, 12, tzinfo=UTC)
LAUNCH = Launch("hospital", "https://ehr.example.org/fhir", NOW + timedelta(minutes=10))


@pytest.fixture
def store(store_settings: StoreSettings) -> Store:
    made = Store(store_settings.url)
    with made.begin() as connection:
        begin(connection, LAUNCH, state="s", browser="b")
    return made


def taken(store: Store, *, state: str = "s", browser: str = "b", now: datetime = NOW) -> object:
    with store.begin() as connection:
        return take(connection, state=state, browser=browser, now=now)


def test_a_launch_is_taken_once(store: Store) -> None:
    assert taken(store) == LAUNCH
    assert taken(store) is None


def test_of_many_that_take_it_at_once_one_gets_it(store: Store) -> None:
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda _: taken(store), range(8)))
    assert [each for each in found if each] == [LAUNCH]


def test_another_state_takes_nothing_and_leaves_it(store: Store) -> None:
    assert taken(store, state="t") is None
    assert taken(store) == LAUNCH


def test_another_browser_gets_nothing_and_uses_it_up(store: Store) -> None:
    assert taken(store, browser="c") is None
    assert taken(store) is None


def test_it_is_over_at_its_time(store: Store) -> None:
    assert taken(store, now=LAUNCH.until) is None


def test_neither_the_state_nor_the_browsers_part_is_in_the_database(store: Store) -> None:
    with store.reading() as connection:
        row = connection.exec_driver_sql("SELECT * FROM smart_launches").one()
    assert not {"s", "b"} & set(row)
