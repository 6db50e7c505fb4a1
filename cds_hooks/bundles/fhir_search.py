"""A FHIR search over resources held in memory, with the parameters that prefetch may use."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeAlias
from urllib.parse import parse_qsl

from fhir_adapters.r4.dates import when
from fhir_adapters.record import When

Resource: TypeAlias = dict[str, Any]
"""A FHIR resource of any version, as plain JSON."""

Test: TypeAlias = Callable[[Any], bool]
"""Whether one value of the searched element matches."""

_RESULT = frozenset({"_count", "_sort"})
_EVER = When(datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))


class NotSupported(ValueError):
    """The search cannot be run; the message names the parameter."""


def search(resources: Iterable[Resource], query: str, *, base: str) -> Resource:
    """Answers a query such as "Observation?patient=1&code=2823-3" with a searchset Bundle.

    `base` is the server's base URL, for links and full URLs. As on a server, `code` does not look
    into components, and a page shortened by `_count` keeps the `total` and links to the next.

    Raises NotSupported for a parameter or value that is not understood.
    """
    kind, _, text = query.partition("?")
    parameters = parse_qsl(text, keep_blank_values=True)
    asked = dict(parameters)
    tests = [_parameter(name, value) for name, value in parameters if name not in _RESULT]
    held = [resource for resource in resources if resource.get("resourceType") == kind]
    found = [resource for resource in held if all(test(resource) for test in tests)]
    found = _sorted(found, asked.get("_sort", ""))
    return _page(found, f"{base}/{query}", count=_count(asked.get("_count")), base=base)


def _page(found: list[Resource], url: str, *, count: int | None, base: str) -> Resource:
    page = found[:count]
    links = [{"relation": "self", "url": url}]
    if page and len(page) < len(found):
        links.append({"relation": "next", "url": f"{url}&_offset={count}"})
    bundle = {"resourceType": "Bundle", "type": "searchset", "total": len(found), "link": links}
    return bundle | ({"entry": [_entry(resource, base) for resource in page]} if page else {})


def _entry(resource: Resource, base: str) -> Resource:
    url = f"{base}/{resource['resourceType']}/{resource.get('id')}"
    return {"fullUrl": url, "resource": resource, "search": {"mode": "match"}}


def _count(text: str | None) -> int | None:
    if text is not None and not text.isdecimal():
        raise NotSupported(f"_count={text} is not supported")
    return None if text is None else int(text)


def _parameter(name: str, value: str) -> Test:
    """The test that one parameter makes of a resource; commas separate alternatives."""
    if name not in _PARAMETERS:
        raise NotSupported(f"search parameter {name} is not supported")
    test, elements = _PARAMETERS[name]
    matches = test(value.split(","))
    return lambda resource: any(map(matches, _values(resource, elements)))


def _values(resource: Resource, elements: tuple[str, ...]) -> Iterator[Any]:
    for element in elements:
        value = resource.get(element)
        if isinstance(value, list):
            yield from value
        elif value is not None:
            yield value


def _is(wanted: Sequence[str]) -> Test:
    return lambda value: value in wanted


def _refers_to(wanted: Sequence[str]) -> Test:
    targets = {_relative(each) if "/" in each else f"Patient/{each}" for each in wanted}
    return lambda value: isinstance(value, dict) and _relative(value.get("reference")) in targets


def _relative(reference: Any) -> str:
    """The `Type/id` of a relative, absolute or versioned reference."""
    return "/".join(str(reference).split("/_history/")[0].split("/")[-2:])


def _coded(wanted: Sequence[str]) -> Test:
    parts = [each.rpartition("|") for each in wanted]
    codes = {code for _, _, code in parts}
    tokens = {(system if bar else None, code or None) for system, bar, code in parts}

    def matches(value: Any) -> bool:
        if isinstance(value, str):
            # The system of an element of type `code` is implied.
            return value in codes
        return not all(map(tokens.isdisjoint, map(_tokens, _codings(value))))

    return matches


def _tokens(coding: Resource) -> Iterator[tuple[str | None, str | None]]:
    """The ways in which a search may ask for it; None is what a way leaves open."""
    found, code = coding.get("system", ""), coding.get("code")
    # What is no text would not be found by any text, and need not be hashable.
    for system in (found if isinstance(found, str) else None, None):
        yield system, code if isinstance(code, str) else None
        yield system, None


def _codings(value: Any) -> Iterator[Resource]:
    if isinstance(value, dict):
        # R5 wraps the CodeableConcept of a medication in a CodeableReference.
        yield from _codings(value.get("concept"))
        yield from (each for each in _values(value, ("coding",)) if isinstance(each, dict))


def _dated(wanted: Sequence[str]) -> Test:
    sought = [_sought(each) for each in wanted]
    return lambda value: (
        (span := _span(value)) is not None and any(compare(span, date) for compare, date in sought)
    )


def _sought(wanted: str) -> tuple[Callable[[When, When], bool], When]:
    prefix, text = (wanted[:2], wanted[2:]) if wanted[:2].isalpha() else ("eq", wanted)
    date = when(text, zone=UTC)
    if date is None or prefix not in _COMPARISONS:
        raise NotSupported(f"date {wanted} is not supported")
    return _COMPARISONS[prefix], date[0]


def _span(value: Any) -> When | None:
    """The interval of a date, time or Period; a Period without an end goes on for ever."""
    if isinstance(value, dict):
        start, end = _span(value.get("start")) or _EVER, _span(value.get("end")) or _EVER
        return When(start.earliest, end.latest)
    read = when(value, zone=UTC) if isinstance(value, str) else None
    return read[0] if read else None


def _within(span: When, sought: When) -> bool:
    return sought.earliest <= span.earliest and span.latest <= sought.latest


def _after(span: When, sought: When) -> bool:
    return span.latest > sought.latest


def _before(span: When, sought: When) -> bool:
    return span.earliest < sought.earliest


def _sorted(found: list[Resource], order: str) -> list[Resource]:
    """Sorts by one date parameter ("date", "-date"); what has no date comes last."""
    if not order:
        return found
    test, elements = _PARAMETERS.get(order.lstrip("-"), (_is, ()))
    if test is not _dated:
        raise NotSupported(f"_sort={order} is not supported")
    spans = [
        (next(filter(None, map(_span, _values(each, elements))), None), each) for each in found
    ]
    dated = [(span, each) for span, each in spans if span]
    if order.startswith("-"):
        dated.sort(key=lambda pair: pair[0].latest, reverse=True)
    else:
        dated.sort(key=lambda pair: pair[0].earliest)
    return [each for _, each in dated] + [each for span, each in spans if not span]


_COMPARISONS: Mapping[str, Callable[[When, When], bool]] = {
    "eq": _within,
    "gt": _after,
    "lt": _before,
    "ge": lambda span, sought: _after(span, sought) or _within(span, sought),
    "le": lambda span, sought: _before(span, sought) or _within(span, sought),
}

_PARAMETERS: Mapping[str, tuple[Callable[[Sequence[str]], Test], tuple[str, ...]]] = {
    "_id": (_is, ("id",)),
    "patient": (_refers_to, ("patient", "subject")),
    "subject": (_refers_to, ("patient", "subject")),
    "code": (_coded, ("code", "medicationCodeableConcept", "medication")),
    "category": (_coded, ("category",)),
    "status": (_coded, ("status",)),
    "clinical-status": (_coded, ("clinicalStatus",)),
    "date": (_dated, ("effectiveDateTime", "effectivePeriod", "effectiveInstant", "period")),
    "authoredon": (_dated, ("authoredOn", "dateWritten")),
}
