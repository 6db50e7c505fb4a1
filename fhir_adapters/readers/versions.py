"""Which of several copies or versions of a resource counts."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from msgspec.json import encode

from fhir_adapters.r4.references import reference_to
from fhir_adapters.r4.resources import Data, Observation
from fhir_adapters.r4.searchset import Found
from fhir_adapters.readers.context import Context
from fhir_adapters.record import DropCode, Dropped, Source

_FIRST = datetime.min.replace(tzinfo=UTC)
_LAST = datetime.max.replace(tzinfo=UTC)

# How far a result has come: a later stage takes the place of an earlier one.
_STAGES = {
    "registered": 0,
    "preliminary": 1,
    "final": 2,
    "amended": 3,
    "corrected": 3,
    "cancelled": 4,
    "entered-in-error": 4,
}


def current(found: Iterable[Found], context: Context) -> tuple[list[Found], list[Dropped]]:
    """Leaves one version of each resource: the newest by id and, of results, by identifier.

    The others are Dropped, as DUPLICATE if they are the same, else as SUPERSEDED. A version that
    was entered in error takes the place of the one it withdraws, so neither is used.
    """
    found = list(found)
    if not _may_repeat(found):
        return found, []
    kept: list[Found] = []
    dropped: list[Dropped] = []
    for versions in _by_id(found):
        newest = versions[0] if len(versions) == 1 else _newest(versions, context)
        kept.append(newest)
        dropped += (_left_out(each, newest) for each in versions if each is not newest)
    outdated = set(_outdated([each.resource for each in kept], context))
    dropped += (_superseded(each) for each in kept if id(each.resource) in outdated)
    return [each for each in kept if id(each.resource) not in outdated], dropped


def _may_repeat(found: Sequence[Found]) -> bool:
    """Whether anything could be there twice: by its id or, of a result, by an identifier."""
    ids = {each.resource.id for each in found}
    if len(ids) < len(found) or None in ids or "" in ids:
        return True
    results = [each.resource for each in found if isinstance(each.resource, Observation)]
    values = [i.value for each in results for i in each.identifier or () if i.value]
    return len(set(values)) < len(values)


def _by_id(found: Iterable[Found]) -> Iterable[Sequence[Found]]:
    groups: defaultdict[object, list[Found]] = defaultdict(list)
    for each in found:
        resource = each.resource
        groups[type(resource), resource.id or encode(resource)].append(each)
    return groups.values()


def _newest(versions: Sequence[Found], context: Context) -> Found:
    return max(versions, key=lambda each: _version(each.resource, context))


def _version(resource: Data, context: Context) -> tuple[int, datetime, int, bytes]:
    """Sorts the newest version of a resource last; a withdrawn one where nothing else tells."""
    number = str(resource.meta.version_id) if resource.meta else ""
    return (
        int(number) if number.isdecimal() and len(number) < 19 else -1,
        _known(resource, context) or _FIRST,
        _stage(resource) if isinstance(resource, Observation) else 0,
        encode(resource),
    )


def _known(resource: Data, context: Context) -> datetime | None:
    """When this version came into being, as far as it says."""
    text = resource.meta.last_updated if resource.meta else None
    if not text and isinstance(resource, Observation):
        text = resource.issued
    read = context.when(text) if text else None
    return read[0].latest if read else None


def _stage(observation: Observation) -> int:
    return _STAGES.get(observation.status or "", 0)


def _left_out(version: Found, newest: Found) -> Dropped:
    if encode(version.resource) != encode(newest.resource):
        return _superseded(version)
    source = Source(reference_to(version.resource, version.full_url))
    return Dropped(source, DropCode.DUPLICATE, "sent more than once")


def _superseded(version: Found) -> Dropped:
    source = Source(reference_to(version.resource, version.full_url))
    return Dropped(source, DropCode.SUPERSEDED, "a newer version was sent")


def _outdated(resources: Iterable[Data], context: Context) -> Iterator[int]:
    """The `id()` of each result whose place another with the same identifier and code takes."""
    groups: defaultdict[object, list[Observation]] = defaultdict(list)
    for resource in resources:
        if isinstance(resource, Observation) and resource.identifier:
            for identifier in resource.identifier:
                if identifier.value:
                    groups[identifier.system, identifier.value].append(resource)
    for sharing in groups.values():
        if len(sharing) > 1:
            for results in _by_code(sharing):
                yield from _overtaken(results, context)


def _by_code(results: Iterable[Observation]) -> Iterable[Sequence[Observation]]:
    groups: defaultdict[object, list[Observation]] = defaultdict(list)
    for each in results:
        codings = (each.code and each.code.coding) or ()
        groups[frozenset((coding.system, coding.code) for coding in codings)].append(each)
    return groups.values()


def _overtaken(results: Sequence[Observation], context: Context) -> Iterator[int]:
    """Results at an earlier stage and known no later; at the same stage and time the older ones."""
    reached: defaultdict[int, datetime] = defaultdict(lambda: _FIRST)
    latest: dict[object, Observation] = {}
    for result in sorted(results, key=lambda each: _version(each, context)[1:]):
        stage = _stage(result)
        reached[stage] = max(reached[stage], _known(result, context) or _LAST)
        latest[stage, _taken(result)] = result
    for result in results:
        stage, known = _stage(result), _known(result, context) or _FIRST
        if any(other > stage and time >= known for other, time in reached.items()) or (
            latest[stage, _taken(result)] is not result
        ):
            yield id(result)


def _taken(observation: Observation) -> object:
    period = observation.effective_period
    return (
        observation.effective_date_time,
        observation.effective_instant,
        period and (period.start, period.end),
    )
