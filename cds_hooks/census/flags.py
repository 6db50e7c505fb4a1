"""Flags: raised over the site's threshold, renewed each hour, closed by an assessment alone."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from fhir.resources.R4B.flag import Flag
from msgspec.structs import replace

from cds_hooks.census.assessing import Evidence
from cds_hooks.census.state import OpenFlag

Resource = dict[str, Any]


def key(patient: str, service: str) -> str:
    """By what the Flag of a patient and a service is known; one at a time."""
    return f"{patient}|{service}"


def changed(
    held: OpenFlag | None,
    place: tuple[str, str],
    found: Evidence | None,
    *,
    limit: float,
    hour: datetime,
    now: datetime,
) -> tuple[OpenFlag | None, OpenFlag | None]:
    """The Flag that is open afterwards, and the one that this assessment closes.

    `place` are its patient and service. Only an assessment closes it, and only one that rests on
    data for every input that had some when it was called for: fewer data are no sign of a lower
    risk. A new one is known by the `hour` in which it was raised, so that to assess again in that
    hour raises no second.
    """
    if found is None:
        return held, None
    if found.risk >= limit:
        since = held.since if held else hour
        return OpenFlag(*place, since, now, found.risk, found.known), None
    if held is None:
        return None, None
    if not held.known <= found.known:
        return held, None
    return None, replace(held, assessed=now, risk=found.risk)


def resource(
    flag: OpenFlag, title: str, *, now: datetime, hours: int, active: bool = True
) -> Resource:
    """The Flag as FHIR R4B; while active it ends by itself, if nobody renews it."""
    ends = now + timedelta(hours=hours) if active else now
    made = {
        "id": str(
            uuid5(NAMESPACE_URL, f"{key(flag.patient, flag.service)}|{flag.since.isoformat()}")
        ),
        "status": "active" if active else "inactive",
        "code": {"text": "; ".join(_told(flag, title, now))},
        "subject": {"reference": f"Patient/{flag.patient}"},
        "period": {"start": flag.since.isoformat(), "end": ends.isoformat()},
    }
    built: Resource = json.loads(Flag.model_validate(made).model_dump_json())
    return built


def _told(flag: OpenFlag, title: str, now: datetime) -> Iterator[str]:
    yield f"{title}: {100 * flag.risk:.2g} %"
    yield f"last assessed {flag.assessed:%Y-%m-%d %H:%M %Z}".rstrip()
    if flag.assessed < now:
        yield "not assessed since, or with fewer data: not known to be over"


def of_patient(flags: Mapping[str, OpenFlag], patient: str) -> list[OpenFlag]:
    """The open Flags of one patient."""
    return [each for each in flags.values() if each.patient == patient]
