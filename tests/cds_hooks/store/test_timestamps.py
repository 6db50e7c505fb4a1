from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from cds_hooks.store.timestamps import parsed, written

MOMENTS = st.datetimes(
    min_value=datetime(1900, 1, 2),
    timezones=st.sampled_from((UTC, timezone(timedelta(hours=-5)), timezone(timedelta(hours=9)))),
)


@given(MOMENTS, MOMENTS)
def test_times_read_back_and_sort_as_they_are(one: datetime, other: datetime) -> None:
    assert parsed(written(one)) == one
    assert (written(one) < written(other)) == (one < other)


def test_a_time_is_kept_in_utc() -> None:
    east = timezone(timedelta(hours=2))
    assert written(datetime(2026, 3, 15, 14, tzinfo=east)) == "2026-03-15T12:00:00.000000Z"
