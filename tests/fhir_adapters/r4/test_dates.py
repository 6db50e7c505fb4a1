from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fhir_adapters.r4.dates import period, when, years_between
from fhir_adapters.record import When

COPENHAGEN = ZoneInfo("Europe/Copenhagen")
MOMENT = timedelta(microseconds=1)


def read(text: str) -> When:
    found = when(text, zone=COPENHAGEN)
    assert found is not None
    return found[0]


def utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0, *seconds: int) -> datetime:
    second, microsecond = (*seconds, 0, 0)[:2]
    return datetime(year, month, day, hour, minute, second, microsecond, UTC)


def test_a_year_is_all_its_days_at_the_site() -> None:
    assert read("2024") == When(utc(2023, 12, 31, 23), utc(2024, 12, 31, 23) - MOMENT)


def test_a_month_is_all_its_days_at_the_site() -> None:
    assert read("2024-02") == When(utc(2024, 1, 31, 23), utc(2024, 2, 29, 23) - MOMENT)
    assert read("2023-12") == When(utc(2023, 11, 30, 23), utc(2023, 12, 31, 23) - MOMENT)


def test_a_day_is_that_day_at_the_site() -> None:
    assert read("2024-07-01") == When(utc(2024, 6, 30, 22), utc(2024, 7, 1, 22) - MOMENT)


def test_the_day_the_clock_is_set_forward_has_23_hours() -> None:
    day = read("2024-03-31")
    assert day.latest - day.earliest == timedelta(hours=23) - MOMENT


def test_the_text_is_kept_as_written() -> None:
    assert read("2024-03").text == "2024-03"


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2024-03-01T10:15:30Z", utc(2024, 3, 1, 10, 15, 30)),
        ("2024-03-01T10:15:30+01:00", utc(2024, 3, 1, 9, 15, 30)),
        ("2024-03-01T10:15:30-05:30", utc(2024, 3, 1, 15, 45, 30)),
        ("2024-03-01T10:15:30+0000", utc(2024, 3, 1, 10, 15, 30)),
        ("2024-03-01T10:15:30.000+0100", utc(2024, 3, 1, 9, 15, 30)),
        ("2024-03-01T10:15:30-0530", utc(2024, 3, 1, 15, 45, 30)),
        ("2024-03-01T10:15:30.5Z", utc(2024, 3, 1, 10, 15, 30, 500000)),
        ("2024-03-01T10:15:30.123456789Z", utc(2024, 3, 1, 10, 15, 30, 123456)),
        ("2016-12-31T23:59:60Z", utc(2016, 12, 31, 23, 59, 59)),
    ],
)
def test_a_time_with_an_offset_is_one_instant(text: str, instant: datetime) -> None:
    assert when(text, zone=COPENHAGEN) == (When(instant, instant), False)


def test_a_time_without_an_offset_is_the_sites_and_says_so() -> None:
    assert when("2024-07-01T10:00:00", zone=COPENHAGEN) == (
        When(utc(2024, 7, 1, 8), utc(2024, 7, 1, 8)),
        True,
    )


def test_a_date_assumes_no_offset() -> None:
    found = when("2024-07-01", zone=COPENHAGEN)
    assert found is not None
    assert not found[1]


def test_a_time_without_seconds_is_that_minute() -> None:
    minute = read("2024-07-01T10:00Z")
    assert minute == When(utc(2024, 7, 1, 10), utc(2024, 7, 1, 10, 1) - MOMENT)


def test_the_hour_that_comes_twice_is_both() -> None:
    twice = read("2024-10-27T02:30:00")
    assert twice == When(utc(2024, 10, 27, 0, 30), utc(2024, 10, 27, 1, 30))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "24",
        "0000",
        "2024-13",
        "2024-00",
        "2024-02-30",
        "2024-2-3",
        "2024-03-01T24:00:00Z",
        "2024-03-01T10:60:00Z",
        "2024-03-01T10:00:61Z",
        "2024-03-01T10Z",
        "2024-03-01T10:00:00+15:00",
        "2024-03-01T10:00:00+1500",
        "2024-03-01T10:00:00+0160",
        "2024-03-01T10:00:00+00",
        "2024-03-01T10:00:00+00000",
        "2024-03-01T10:00:00+01:60",
        "2024-03-01T10:00:00.Z",
        "2024-03-01T10:00:00,5Z",
        "2024-03-01T10:00:00.1234567x9+02:00",
        "2024-03-01T10:00:00.1234567٣+02:00",
        "2024-03-01T10:00:+14:59",
        "2024-03-01T10:00:00.5+02:00:30",
        "2024-03-01t10:00:00Z",
        "2024-03-01 10:00:00Z",
        "2024-03-01Z",
        "01/03/2024",
        "yesterday",
        "２０２４",
        "2024-03-01\n",
    ],
)
def test_anything_else_is_no_date(text: str) -> None:
    assert when(text, zone=COPENHAGEN) is None


@pytest.mark.parametrize("hours", [-12, 0, 14])
@pytest.mark.parametrize("text", ["0001", "0001-01-01", "9999", "9999-12", "9999-12-31"])
def test_the_first_and_last_days_stay_within_the_calendar(text: str, hours: int) -> None:
    found = when(text, zone=timezone(timedelta(hours=hours)))
    assert found is not None
    assert found[0].earliest < found[0].latest
    assert found[0].latest.utcoffset() == timedelta(0)
    assert found[0].day.year in (1, 2, 9999)


@pytest.mark.parametrize(
    "text", ["9999-12-31T23:59:59-14:00", "9999-12-31T23:59-14:00", "0001-01-01T00:00:00+14:00"]
)
def test_an_instant_beyond_the_calendar_is_its_end(text: str) -> None:
    assert read(text).latest.year in (1, 9999)


@given(st.datetimes(timezones=st.timezones()))
@settings(deadline=None)
def test_an_instant_that_python_writes_is_read_back(instant: datetime) -> None:
    offset = instant.utcoffset()
    assert offset is not None
    if offset.total_seconds() % 60 == 0 and 1 < instant.year < 9999:
        moment = instant.astimezone(UTC)  # a time that comes twice equals none in another zone
        assert read(instant.isoformat()) == When(moment, moment)


@given(st.dates(), st.timezones())
@settings(deadline=None)
def test_a_day_holds_noon_at_its_place(day: date, zone: ZoneInfo) -> None:
    found = when(day.isoformat(), zone=zone)
    assert found is not None
    if 1 < day.year < 9999:
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=zone)
        assert found[0].earliest <= noon <= found[0].latest


@given(st.text(alphabet="0123456789-:.TZ+ ", max_size=32))
def test_any_text_is_an_interval_or_none(text: str) -> None:
    found = when(text, zone=COPENHAGEN)
    assert found is None or found[0].earliest <= found[0].latest


def test_a_period_counts_as_its_end() -> None:
    found = period("2024-01-01", "2024-02-01", zone=UTC)
    assert found == when("2024-02-01", zone=UTC)


def test_a_period_without_end_counts_as_its_start() -> None:
    assert period("2024-01-01", None, zone=UTC) == when("2024-01-01", zone=UTC)


def test_a_period_of_nothing_is_none() -> None:
    assert period(None, None, zone=UTC) is None


def test_a_period_whose_end_cannot_be_read_is_not_its_start() -> None:
    assert period("2024-01-01", "soon", zone=UTC) is None


@pytest.mark.parametrize(
    ("born", "at", "ages"),
    [
        ("1960-05-01", utc(2010, 4, 30, 12), (49, 49)),
        ("1960-05-01", utc(2010, 5, 1, 0, 30), (50, 50)),
        ("1960-02-29", utc(2011, 2, 28, 12), (50, 50)),
        ("1960-02-29", utc(2011, 3, 1, 12), (51, 51)),
        ("1960-05", utc(2010, 4, 30), (49, 49)),
        ("1960-05", utc(2010, 5, 15), (49, 50)),
        ("1960-05", utc(2010, 5, 31), (50, 50)),
        ("1960", utc(2010, 6, 1), (49, 50)),
        ("1960", utc(2010, 12, 31), (50, 50)),
        ("1960-05-01T08:00:00+02:00", utc(2010, 5, 1), (50, 50)),
    ],
)
def test_an_age_is_in_completed_years(born: str, at: datetime, ages: tuple[int, int]) -> None:
    assert years_between(read(born), at) == ages


def test_an_age_is_told_without_the_text_too() -> None:
    born = When(utc(1960, 5, 1), utc(1960, 5, 1, 23))
    assert years_between(born, utc(2010, 5, 1)) == (50, 50)


@given(st.dates(max_value=date(2000, 1, 1)), st.datetimes(min_value=datetime(2000, 1, 2)))
def test_the_lowest_age_is_not_above_the_highest(born: date, at: datetime) -> None:
    for text in (born.isoformat(), born.isoformat()[:7], born.isoformat()[:4]):
        low, high = years_between(read(text), at.replace(tzinfo=UTC))
        assert low <= high <= low + 1
