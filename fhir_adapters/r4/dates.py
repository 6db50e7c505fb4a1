"""FHIR dates and times as the intervals of time that they may mean."""

import re
from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo

from fhir_adapters.record import When

_FORM = re.compile(
    r"(?P<year>\d{4})(?:-(?P<month>\d\d)(?:-(?P<day>\d\d)"
    r"(?:T(?P<hour>\d\d):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:\.(?P<fraction>\d+))?)?"
    r"(?P<zone>Z|[+-]\d\d:?\d\d)?)?)?)?",
    re.ASCII,
)
_INSTANT = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-](?:0\d|1[0-4]):[0-5]\d)", re.ASCII
)
_OFFSETS = frozenset(
    {"Z", *(f"{sign}{h:02}:{m:02}" for sign in "+-" for h in range(15) for m in range(60))}
)
_FIRST = datetime.min.replace(tzinfo=UTC)
_LAST = datetime.max.replace(tzinfo=UTC)
_MOMENT = timedelta(microseconds=1)


def when(text: str, *, zone: tzinfo) -> tuple[When, bool] | None:
    """Reads a FHIR date, dateTime or instant; None if it is none.

    A date is that whole day (month, year) in the site's `zone`. The boolean says that a time came
    without an offset, so that `zone` had to be assumed. Without its colon (`+0000`) an offset is
    one too.
    """
    if moment := _moment(text):
        return When(moment, moment, text), False
    match = _FORM.fullmatch(text)
    if match is None:
        return None
    try:
        if match["hour"] is None:
            return When(*_day_span(match, zone), text), False
        return When(*_time_span(match, zone), text), match["zone"] is None
    except ValueError:
        return None


def _moment(text: str) -> datetime | None:
    """The instant of a time with seconds and offset, which nearly all are; None if not sure."""
    # Most have no fraction; to look at them costs less than to match them.
    plain = text[4:17:3] == "--T::" and text[19:] in _OFFSETS
    if not plain and not _INSTANT.fullmatch(text):
        return None
    try:
        moment = datetime.fromisoformat(text)
        return moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def period(start: str | None, end: str | None, *, zone: tzinfo) -> tuple[When, bool] | None:
    """When something that lasted counts as having been: its end or, having none, its start."""
    text = end or start
    return when(text, zone=zone) if text else None


def years_between(born: When, at: datetime) -> tuple[int, int]:
    """The lowest and highest age in completed years at a time, counted in calendar days.

    The calendar is that of the birth date as written, and of `at` in its own zone.
    """
    first, last = _calendar_span(born)
    return _completed_years(last, at.date()), _completed_years(first, at.date())


def _calendar_span(born: When) -> tuple[date, date]:
    match = _FORM.fullmatch(born.text)
    return _days(match) if match else (born.earliest.date(), born.latest.date())


def _completed_years(born: date, at: date) -> int:
    return at.year - born.year - ((at.month, at.day) < (born.month, born.day))


def _day_span(match: re.Match[str], zone: tzinfo) -> tuple[datetime, datetime]:
    first, last = _days(match)
    return _instant(datetime.combine(first, time.min, zone)), _end(last.toordinal() + 1, zone)


def _days(match: re.Match[str]) -> tuple[date, date]:
    """The first and last calendar day that a date, whole or partial, may be."""
    year = int(match["year"])
    if match["day"]:
        day = date(year, int(match["month"]), int(match["day"]))
        return day, day
    first, last = (int(match["month"]),) * 2 if match["month"] else (1, 12)
    return date(year, first, 1), date(year, last, monthrange(year, last)[1])


def _end(following: int, zone: tzinfo) -> datetime:
    """The last moment before the day of that ordinal begins."""
    try:
        midnight = datetime.fromordinal(following).replace(tzinfo=zone)
    except ValueError:  # the day after 9999-12-31
        return _LAST
    return _instant(midnight) - _MOMENT


def _time_span(match: re.Match[str], zone: tzinfo) -> tuple[datetime, datetime]:
    seconds = int(match["second"] or 0)
    if seconds > 60:
        raise ValueError("second out of range")
    local = datetime(
        int(match["year"]),
        int(match["month"]),
        int(match["day"]),
        int(match["hour"]),
        int(match["minute"]),
        min(seconds, 59),  # a leap second
        int((match["fraction"] or "0")[:6].ljust(6, "0")),
        tzinfo=_offset(match["zone"]) if match["zone"] else zone,
    )
    # Where the clock was set back, one local time was two instants.
    both = sorted((_instant(local.replace(fold=0)), _instant(local.replace(fold=1))))
    unsaid = timedelta(0) if match["second"] else timedelta(minutes=1) - _MOMENT
    return both[0], both[1] + min(unsaid, _LAST - both[1])


def _offset(text: str) -> tzinfo:
    if text == "Z":
        return UTC
    hours, minutes = int(text[1:3]), int(text[-2:])  # some feeds leave the colon out
    if hours > 14 or minutes > 59:
        raise ValueError("offset out of range")
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if text[0] == "-" else offset)


def _instant(local: datetime) -> datetime:
    try:
        return local.astimezone(UTC)
    except OverflowError:
        return _FIRST if local.year == 1 else _LAST
