"""What happened to patients, from a site's file, kept under the same pseudonyms as predictions."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from sqlalchemy import Connection, delete, insert, select, tuple_

from cds_hooks.store.pseudonyms import Keys
from cds_hooks.store.schema import outcomes
from cds_hooks.store.timestamps import written

COLUMNS = ("patient", "outcome", "at", "happened")
YES, NO = frozenset({"1", "true", "yes"}), frozenset({"0", "false", "no"})


class UnusableOutcomes(ValueError):
    """The file is no table of outcomes; the message names the line and the column, no value."""


class Outcome(msgspec.Struct, frozen=True):
    """Whether an outcome had happened to a patient, a pseudonym, by a moment."""

    patient: str
    outcome: str
    at: datetime
    happened: bool


@dataclass(frozen=True, slots=True)
class Imported:
    """How many rows were kept, and of how many patients."""

    rows: int
    patients: int


def read(file: Path) -> Iterator[Outcome]:
    """The rows of a CSV with the columns `patient`, `outcome`, `at`, `happened`.

    `at` is a time with its offset; `happened` is 1 or 0. Raises UnusableOutcomes.
    """
    with file.open(encoding="utf-8-sig", newline="") as opened:
        rows = csv.DictReader(opened)
        missing = [each for each in COLUMNS if each not in (rows.fieldnames or ())]
        if missing:
            raise UnusableOutcomes(f"{file.name} has no column {', '.join(missing)}")
        for number, row in enumerate(rows, start=2):
            yield Outcome(
                _text(row["patient"], number, "patient").removeprefix("Patient/"),
                _text(row["outcome"], number, "outcome"),
                _time(row["at"], number),
                _flag(row["happened"], number),
            )


def import_into(
    connection: Connection, file: Path, *, client: str, keys: Keys, now: datetime
) -> Imported:
    """Keeps every row of the file, in place of an earlier one of the same patient and moment."""
    rows = [
        {
            "client": client,
            "patient_id": keys.of("patient", each.patient, client=client),
            "outcome": each.outcome,
            "at": written(each.at),
            "happened": each.happened,
            "imported_at": written(now),
        }
        for each in read(file)
    ]
    single = {(row["patient_id"], row["outcome"], row["at"]): row for row in rows}
    own = outcomes.c
    for key in single:
        same = tuple_(own.client, own.patient_id, own.outcome, own.at) == (client, *key)
        connection.execute(delete(outcomes).where(same))
    if single:
        connection.execute(insert(outcomes), list(single.values()))
    return Imported(len(single), len({key[0] for key in single}))


def kept(connection: Connection, *, outcome: str) -> dict[tuple[str, str], list[Outcome]]:
    """What is known of an outcome, by client and patient, oldest first."""
    own, found = outcomes.c, dict[tuple[str, str], list[Outcome]]()
    for row in connection.execute(select(outcomes).where(own.outcome == outcome).order_by(own.at)):
        at = datetime.fromisoformat(row.at)
        each = Outcome(row.patient_id, row.outcome, at.astimezone(UTC), bool(row.happened))
        found.setdefault((row.client, row.patient_id), []).append(each)
    return found


def _text(value: str | None, line: int, column: str) -> str:
    if not value or not value.strip():
        raise UnusableOutcomes(f"line {line}: {column} is empty")
    return value.strip()


def _time(value: str | None, line: int) -> datetime:
    try:
        at = datetime.fromisoformat(_text(value, line, "at"))
    except ValueError:
        raise UnusableOutcomes(f"line {line}: at is no time such as 2026-03-15T12:00:00Z") from None
    if at.tzinfo is None:
        raise UnusableOutcomes(f"line {line}: at needs its offset from UTC, such as Z")
    return at


def _flag(value: str | None, line: int) -> bool:
    text = _text(value, line, "happened").lower()
    if text not in YES | NO:
        raise UnusableOutcomes(f"line {line}: happened is neither 1 nor 0")
    return text in YES
