"""A chart as it was at an earlier moment, without what was recorded only later (no leakage)."""

from collections.abc import Iterable, Iterator
from datetime import datetime, tzinfo
from typing import Any, TypeAlias

from fhir_adapters.r4.dates import when

Resource: TypeAlias = dict[str, Any]

HAPPENED = (
    ("effectiveDateTime",),
    ("effectiveInstant",),
    ("effectivePeriod", "start"),
    ("performedDateTime",),
    ("performedPeriod", "start"),
    ("authoredOn",),
    ("onsetDateTime",),
    ("onsetPeriod", "start"),
    ("period", "start"),
)
WRITTEN = (("issued",), ("recordedDate",), ("dateAsserted",))
"""A resource is on the chart since it happened and was written, whichever is later."""

DIED = ("deceasedBoolean", "deceasedDateTime")
ENDED = ("dischargeDisposition", "length", "diagnosis")
"""What is known of a stay, or of its hospitalization, only when it is over."""


def as_of(resources: Iterable[Resource], moment: datetime, *, zone: tzinfo) -> Iterator[Resource]:
    """The resources that were there at the moment, without what only later was known of them.

    A death that came later, or has no date, and the end of a stay that went on are left out. What
    was there but was changed since cannot be told, and is given as it is now.
    """
    for resource in resources:
        if _later(resource, moment, zone, (*HAPPENED, *WRITTEN)):
            continue
        match resource["resourceType"]:
            case "Patient":
                yield _alive(resource, moment, zone)
            case "Encounter" if not _over(resource, moment, zone):
                yield _going_on(resource)
            case _:
                yield resource


def _later(
    resource: Resource, moment: datetime, zone: tzinfo, dates: Iterable[tuple[str, ...]]
) -> bool:
    found = (_text(resource, path) for path in dates)
    read = (when(text, zone=zone) for text in found if text)
    return any(each[0].earliest > moment for each in read if each)


def _text(value: Any, path: tuple[str, ...]) -> str:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, str) else ""


def _alive(patient: Resource, moment: datetime, zone: tzinfo) -> Resource:
    dated = bool(_text(patient, ("deceasedDateTime",)))
    if dated and not _later(patient, moment, zone, (("deceasedDateTime",),)):
        return patient
    return _without(patient, *DIED)


def _over(encounter: Resource, moment: datetime, zone: tzinfo) -> bool:
    ended = (("period", "end"),)
    return bool(_text(encounter, ended[0])) and not _later(encounter, moment, zone, ended)


def _going_on(encounter: Resource) -> Resource:
    kept = _without(encounter, *ENDED)
    for name, unknown in (("hospitalization", ENDED), ("period", ("end",))):
        if isinstance(encounter.get(name), dict):
            kept[name] = _without(encounter[name], *unknown)
    if kept.get("status") == "finished":
        kept["status"] = "in-progress"
    return {name: value for name, value in kept.items() if value != {}}


def _without(value: Resource, *names: str) -> Resource:
    return {name: each for name, each in value.items() if name not in names}
