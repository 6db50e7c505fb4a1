"""A page reads whole days from the end of its period, and no more calls than it may."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from sqlalchemy import Connection

from cds_hooks.admin.bounded import bounded
from cds_hooks.admin.period import Period, before
from cds_hooks.store.pseudonyms import Keys
from tests import stores
from tools.demo_data import A_DAY, DAYS, fill

LAST = date(2026, 3, 31)
PERIOD = Period(LAST - timedelta(days=DAYS - 1), LAST)


@pytest.fixture(scope="module")
def connection() -> Iterator[Connection]:
    store = stores.recorder().store
    fill(store, Keys((b"the secret of the tests, which is long",)), last=LAST)
    with store.reading() as opened:
        yield opened


def test_a_period_with_as_many_calls_as_a_page_reads_is_whole(connection: Connection) -> None:
    found = bounded(connection, PERIOD, most=DAYS * A_DAY)
    assert (found.period, found.cut) == (PERIOD, False)


def test_with_one_call_more_its_first_day_is_left_out_and_that_is_said(
    connection: Connection,
) -> None:
    found = bounded(connection, PERIOD, most=DAYS * A_DAY - 1)
    assert found.cut
    assert found.period == Period(PERIOD.first + timedelta(days=1), LAST)


def test_the_last_day_is_read_however_many_calls_it_has(connection: Connection) -> None:
    assert bounded(connection, PERIOD, most=1).period == Period(LAST, LAST)


def test_a_period_without_a_call_is_whole(connection: Connection) -> None:
    assert not bounded(connection, before(PERIOD), most=1).cut
    assert before(PERIOD).days == PERIOD.days
