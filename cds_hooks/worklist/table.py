"""Reads risks and beds from Parquet, CSV, JSON or NDJSON: a row for each patient and service.

Columns of risks: `patient`, `service`, and of what is known `outcome`, `version`, `risk` (a
probability), `band`, `reasons`, `missing`, and `hour` (hours from now for which the risk is
expected, 0 where the column is absent). Columns of beds, of the same file or another: `patient`,
`last_reviewed` (a time with its offset) or `reviewed_hours_ago`, `team`, `location`, `skills`,
`group`, `critical`. Lists are lists, or texts with semicolons. Nothing is dropped for a value that
cannot be read: the patient is listed, with a fault that names the column.
"""

import csv
import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeAlias

from cds_hooks.worklist.candidates import AssessedRisk, Candidate

Row: TypeAlias = Mapping[str, object]

CRITICAL = "critical"
"""The band of a life-threatening finding."""

UNNAMED = "a critical finding, which the input does not name: open the chart"

YES, NO = frozenset({"true", "yes", "1"}), frozenset({"false", "no", "0"})

REASONS = ("reasons", "top_reasons")


class UnusableTable(Exception):
    """The file cannot be read as a table of patients; the message says why, without a value."""


@dataclass(frozen=True, slots=True)
class Table:
    """The candidates in the order of their patients, and how many rows name no patient."""

    candidates: tuple[Candidate, ...]
    nameless: int = 0


def read_table(risks: Path, beds: Path | None, *, as_of: datetime) -> Table:
    """The candidates of both files; raises UnusableTable."""
    found, listed = list(rows(risks)), list(rows(beds)) if beds else []
    if not (found or listed):
        raise UnusableTable(f"{risks.name} holds no row")
    by_patient: dict[str, tuple[list[Row], list[Row]]] = {}
    nameless = 0
    for kind, each in [(0, each) for each in found] + [(1, each) for each in listed]:
        if patient := _text(each.get("patient")):
            by_patient.setdefault(patient, ([], []))[kind].append(each)
        else:
            nameless += 1
    if not by_patient:
        raise UnusableTable(f"{risks.name}: no row has a value in the column patient")
    read = (
        _candidate(patient, *by_patient[patient], as_of=as_of) for patient in sorted(by_patient)
    )
    return Table(tuple(read), nameless)


def rows(path: Path) -> Iterator[Row]:
    """The rows of a file, or of all the Parquet files of a folder; raises UnusableTable."""
    try:
        for each in _files(path):
            yield from (_plain(row) for row in _READERS[each.suffix.lower()](each))
    except KeyError:
        kinds = ", ".join(_READERS)
        raise UnusableTable(f"{path.name}: a table is one of {kinds}") from None
    except UnicodeDecodeError:
        raise UnusableTable(f"{path.name}: not a text in UTF-8") from None
    except (OSError, ValueError, csv.Error) as error:
        raise UnusableTable(f"{path.name}: cannot be read ({type(error).__name__})") from None


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    found = sorted(path.rglob("*.parquet"))
    if not found:
        raise UnusableTable(f"{path.name} holds no *.parquet")
    return found


def _parquet(path: Path) -> Iterable[object]:
    try:
        from pyarrow import parquet
    except ImportError:
        told = "Parquet needs pyarrow: pip install 'cds-hooks-server[worklist]'"
        raise UnusableTable(told) from None
    found: list[object] = parquet.read_table(path).to_pylist()
    return found


def _csv(path: Path) -> Iterable[object]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def _json(path: Path) -> Iterable[object]:
    found = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(found, list):
        raise UnusableTable(f"{path.name}: not a list of rows")
    return found


def _ndjson(path: Path) -> Iterable[object]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]


_READERS = {".parquet": _parquet, ".csv": _csv, ".json": _json, ".ndjson": _ndjson}


def _plain(row: object) -> Row:
    if not isinstance(row, Mapping):
        raise UnusableTable("a row is not a table of columns")
    return {str(name).strip().lower().replace(" ", "_"): value for name, value in row.items()}


def _candidate(patient: str, risks: list[Row], beds: list[Row], *, as_of: datetime) -> Candidate:
    everything = [*beds, *risks]
    faults: list[str] = []
    critical = [*_flagged(everything), *_bands(risks)]
    return Candidate(
        patient=patient,
        risks=tuple(_risks(risks, faults)),
        reviewed=_reviewed(everything, as_of, faults),
        team=_first(everything, "team"),
        location=_first(everything, "location"),
        skills=frozenset(_all(everything, "skills")),
        group=_first(everything, "group"),
        critical=tuple(dict.fromkeys(critical)),
        faults=tuple(dict.fromkeys(faults)),
    )


def _flagged(rows: list[Row]) -> Iterator[str]:
    """What the column `critical` says: the findings, or that there are some."""
    for each in rows:
        for told in _list(each.get(CRITICAL)):
            if told.lower() not in NO:
                yield "life-threatening finding" if told.lower() in YES else told


def _bands(risks: list[Row]) -> Iterator[str]:
    """The findings of services whose band says that they are life-threatening."""
    for each in risks:
        if _text(each.get("band")).lower() == CRITICAL:
            told = "; ".join(_reasons(each)) or UNNAMED
            yield ": ".join(filter(None, (_text(each.get("service")), told)))


def _risks(risks: list[Row], faults: list[str]) -> Iterator[AssessedRisk]:
    """One for each service and outcome, in order, with the hours that are expected."""
    found: dict[tuple[str, str], dict[int, tuple[float | None, Row]]] = {}
    for each in risks:
        service = _text(each.get("service"))
        if not service:
            continue
        hour = _hour(each.get("hour"), faults)
        risk = _risk(each.get("risk"), service, faults)
        held = found.setdefault((service, _text(each.get("outcome"))), {})
        if hour not in held or (risk or 0.0) > (held[hour][0] or 0.0):
            held[hour] = (risk, each)
    for (service, outcome), hours in sorted(found.items()):
        yield _assessed(service, outcome, hours)


def _assessed(
    service: str, outcome: str, hours: Mapping[int, tuple[float | None, Row]]
) -> AssessedRisk:
    risk, row = hours.get(0, (None, hours[min(hours)][1]))
    return AssessedRisk(
        service,
        outcome,
        version=_text(row.get("version")),
        risk=risk,
        later=tuple(_later(risk, {hour: each[0] for hour, each in hours.items()})),
        band=_text(row.get("band")),
        reasons=_reasons(row),
        missing=_list(row.get("missing")),
    )


def _later(now: float | None, known: Mapping[int, float | None]) -> Iterator[float]:
    """The risk of each hour from 1 on; one that is not known is as before."""
    if now is None:
        return
    for hour in range(1, max(known) + 1):
        expected = known.get(hour)
        now = now if expected is None else expected
        yield now


def _risk(value: object, service: str, faults: list[str]) -> float | None:
    """A probability; None where there is none, or the number is a score's."""
    if value is None or value == "":
        return None
    number = _number(value)
    if number is None:
        faults.append(f"risk of {service} is not a number")
        return None
    return number if 0 <= number <= 1 else None


def _hour(value: object, faults: list[str]) -> int:
    number = 0.0 if value in (None, "") else _number(value)
    if number is None or number < 0 or number != int(number):
        faults.append("hour is not a whole number of hours from now")
        return 0
    return int(number)


def _reviewed(rows: list[Row], as_of: datetime, faults: list[str]) -> float | None:
    """How many hours ago the newest known review was."""
    known = [_ago(each, as_of, faults) for each in rows]
    return min((each for each in known if each is not None), default=None)


def _ago(row: Row, as_of: datetime, faults: list[str]) -> float | None:
    stated, at = row.get("reviewed_hours_ago"), row.get("last_reviewed")
    if stated not in (None, ""):
        hours, column = _number(stated), "reviewed_hours_ago"
    elif at not in (None, ""):
        hours, column = _since(at, as_of), "last_reviewed"
    else:
        return None
    if hours is None or hours < 0:
        faults.append(f"{column} is no time before now, so no review is known")
        return None
    return hours


def _since(value: object, as_of: datetime) -> float | None:
    try:
        at = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return (as_of - at).total_seconds() / 3600 if at.tzinfo else None


def _number(value: object) -> float | None:
    try:
        number = float(str(value)) if not isinstance(value, bool) else math.nan
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _reasons(row: Row) -> tuple[str, ...]:
    return next(filter(None, (_list(row.get(name)) for name in REASONS)), ())


def _first(rows: list[Row], column: str) -> str:
    return next(filter(None, (_text(each.get(column)) for each in rows)), "")


def _all(rows: list[Row], column: str) -> Iterator[str]:
    for each in rows:
        yield from _list(each.get(column))


def _list(value: object) -> tuple[str, ...]:
    given = value if isinstance(value, list | tuple) else _text(value).split(";")
    return tuple(filter(None, map(_text, given)))


def _text(value: object) -> str:
    return "" if value is None else str(value).strip()
