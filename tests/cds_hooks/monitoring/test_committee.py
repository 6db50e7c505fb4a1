"""The committee's file counts what the store holds, and says when it is simulated."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import delete

from cds_hooks.monitoring.committee import committee, page
from cds_hooks.monitoring.drift import drifts
from cds_hooks.monitoring.given import given_values
from cds_hooks.store.database import Store
from cds_hooks.store.pseudonyms import Keys
from cds_hooks.store.schema import marks
from cds_hooks.store.upgrade import upgrade
from tools.demo_data import CHANGED, DAYS, fill

LAST = date(2026, 3, 31)
FIRST = datetime(2026, 3, 31, tzinfo=UTC) - timedelta(days=DAYS - 1)
END = datetime(2026, 4, 1, tzinfo=UTC)
KEYS = Keys((b"the secret of the tests, which is long",))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    made = Store(f"sqlite:///{tmp_path_factory.mktemp('demo') / 'cds-hooks.db'}")
    upgrade(made)
    fill(made, KEYS, last=LAST)
    yield made
    made.close()


def test_everything_is_counted_and_what_changed_is_found(store: Store) -> None:
    with store.reading() as connection:
        found = committee(connection, service="sepsis-risk", since=FIRST, until=END)
    assert found.burden.calls == found.burden.patients
    assert found.burden.shown == found.burden.cards > 0
    assert found.burden.accepted + found.burden.overridden <= found.burden.cards
    assert sum(count for _, count in found.burden.reasons) == found.burden.overridden
    version, newer = found.versions
    assert (newer.asked, newer.performances[0][1].estimates) == (60, {})
    ((outcome, performance),) = version.performances
    assert (outcome, performance.unknown) == ("Sepsis", 0)
    ratio = performance.estimates["observed to expected"]
    assert ratio.low < ratio.value < ratio.high < 1  # half as many in the last 60 days
    assert ("lactate", version.refused + newer.refused) in found.missing


def test_the_page_says_that_it_is_simulated_and_has_no_script(store: Store) -> None:
    with store.reading() as connection:
        shown = page(committee(connection, service="sepsis-risk", since=FIRST, until=END))
    assert "<strong>Simulated.</strong>" in shown
    assert "<script" not in shown
    with store.begin() as connection:
        connection.execute(delete(marks))
        real = committee(connection, service="sepsis-risk", since=FIRST, until=END)
        connection.rollback()
    assert "Simulated" not in page(real)


def test_a_service_that_was_not_called_has_an_empty_file(store: Store) -> None:
    with store.reading() as connection:
        shown = page(committee(connection, service="kidney-risk", since=FIRST, until=END))
    assert "No predictor was asked." in shown
    assert "none answered" in shown


def test_the_input_that_was_shifted_is_the_one_that_alarms(store: Store) -> None:
    changed = FIRST + timedelta(days=CHANGED)
    with store.reading() as connection:
        before, now = (
            given_values(connection, predictor="sepsis-risk", since=first, until=last)
            for first, last in ((FIRST, changed), (changed, END))
        )
    assert {each.input for each in drifts(before, now) if each.alarms} == {"heart_rate"}
