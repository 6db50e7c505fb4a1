"""What must outlive the process: who was where, which Flags are open, what waits to be written."""

import os
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from cds_hooks.census.inpatients import Inpatient


class OpenFlag(Struct, frozen=True):
    """A Flag that is active: since when, and when the risk was last assessed.

    `known` are the inputs that had data in the last assessment that called for it.
    """

    patient: str
    service: str
    since: datetime
    assessed: datetime
    risk: float
    known: frozenset[str] = frozenset()


class State(Struct):
    """The last hour that was begun, and all that the next one goes on from.

    `done` are the patients that were assessed in that hour. `waiting` are resources by "Type/id",
    until the server has taken them.
    """

    hour: datetime | None = None
    census: tuple[Inpatient, ...] = ()
    done: set[str] = set()
    flags: dict[str, OpenFlag] = {}
    waiting: dict[str, dict[str, Any]] = {}


def load(path: Path) -> State:
    """The state that was kept, or that of a first start; raises ValueError for a damaged file."""
    if not path.exists():
        return State()
    try:
        return msgspec.json.decode(path.read_bytes(), type=State)
    except msgspec.DecodeError:
        raise ValueError(
            f"{path.name} is not what was written: move it away to begin anew"
        ) from None


def save(state: State, path: Path) -> None:
    """Keeps the state: whole or as it was before, for the owner's eyes alone."""
    beside = path.with_name(f"{path.name}.new")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(msgspec.json.encode(state))
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
