"""Which of several copies or versions of a resource counts."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from msgspec.json import encode

from fhir_adapters.r4.references import reference_to
from fhir_adapters.r4.resources import Data, Observation
from fhir_adapters.r4.searchset import Found
from fhir_adapters.readers.context import Context
from fhir_adapters.readers.statuses import spelled
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

_CORRECTED = frozenset({"amended", "corrected"})
_REPORTED = frozenset({"preliminary", "final"}) | _CORRECTED


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
    """Whether anything could be there twice: by its id or, of a result, as its correction."""
    ids = {each.resource.id for each in found}
    if len(ids) < len(found) or None in ids or "" in ids:
        return True
    results = [each.resource for each in found if isinstance(each.resource, Observation)]
    if any(spelled(each.status) in _CORRECTED for each in results):
        return True
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
    return _STAGES.get(spelled(observation.status), 0)


def _left_out(version: Found, newest: Found) -> Dropped:
    if encode(version.resource) != encode(newest.resource):
        return _superseded(version)
    source = Source(reference_to(version.resource, version.full_url))
    return Dropped(source, DropCode.DUPLICATE, "sent more than once")


def _superseded(version: Found) -> Dropped:
    source = Source(reference_to(version.resource, version.full_url))
    return Dropped(source, DropCode.SUPERSEDED, "a newer version was sent")


def _outdated(resources: Iterable[Data], context: Context) -> Iterator[int]:
    """The `id()` of each result whose place another version of it takes.

    Versions of one result are of one code and one specimen time, and share an identifier: an order
    number alone is shared by what was drawn at different times. Where a feed gives no identifiers,
    a correction takes the place of what else was reported of that code and time.
    """
    results = [each for each in resources if isinstance(each, Observation)]
    shared: defaultdict[object, list[Observation]] = defaultdict(list)
    unnamed: list[Observation] = []
    for result in results:
        names = [i for i in result.identifier or () if i.value]
        for name in names:
            shared[name.system, name.value].append(result)
        if not names and spelled(result.status) in _REPORTED:
            unnamed.append(result)
    for sharing in shared.values():
        for versions in _of_one_specimen(sharing, context):
            yield from _overtaken(versions, context)
    if any(spelled(result.status) in _CORRECTED for result in unnamed):
        for versions in _of_one_specimen(unnamed, context):
            yield from _corrected(versions, context)


def _of_one_specimen(
    results: Sequence[Observation], context: Context
) -> Iterator[Sequence[Observation]]:
    """The results of one code and one specimen time, where there are several."""
    groups: defaultdict[object, list[Observation]] = defaultdict(list)
    for each in results if len(results) > 1 else ():
        codings = (each.code and each.code.coding) or ()
        codes = frozenset((coding.system, coding.code) for coding in codings)
        groups[codes, _taken(each, context)].append(each)
    return (group for group in groups.values() if len(group) > 1)


def _overtaken(results: Sequence[Observation], context: Context) -> Iterator[int]:
    """Results at an earlier stage and known no later; at the same stage the older ones."""
    reached: defaultdict[int, datetime] = defaultdict(lambda: _FIRST)
    latest: dict[int, Observation] = {}
    for result in sorted(results, key=lambda each: _version(each, context)[1:]):
        stage = _stage(result)
        reached[stage] = max(reached[stage], _known(result, context) or _LAST)
        latest[stage] = result
    for result in results:
        stage, known = _stage(result), _known(result, context) or _FIRST
        if any(other > stage and time >= known for other, time in reached.items()) or (
            latest[stage] is not result
        ):
            yield id(result)


def _corrected(results: Sequence[Observation], context: Context) -> Iterator[int]:
    """Results that are no correction, where one that was known no earlier is."""
    known = [
        _known(each, context) or _LAST for each in results if spelled(each.status) in _CORRECTED
    ]
    for result in results if known else ():
        if spelled(result.status) not in _CORRECTED and max(known) >= (
            _known(result, context) or _FIRST
        ):
            yield id(result)


def _taken(observation: Observation, context: Context) -> object:
    period, time = observation.effective_period, observation.effective_date_time
    read = context.when(time) if time else None
    return (
        read[0] if read else time,
        observation.effective_instant,
        period and (period.start, period.end),
    )
