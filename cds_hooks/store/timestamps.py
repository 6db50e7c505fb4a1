"""Times as the store keeps them: UTC as text of one width, which sorts as the times do."""

from datetime import UTC, datetime


def written(moment: datetime) -> str:
    """An aware time as the store keeps it, "2026-03-15T12:00:00.000000Z"."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def parsed(text: str) -> datetime:
    """The time that was written."""
    return datetime.fromisoformat(text)
