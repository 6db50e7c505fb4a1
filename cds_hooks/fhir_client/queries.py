"""From prefetch templates to the queries that we put to a FHIR server ourselves."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from msgspec import UNSET

from cds_hooks.fhir_client.scopes import Interaction
from cds_hooks.protocol.hooks import Context

_TOKEN = re.compile(r"{{([^{}]*)}}")
# What may stand in a query: an id or a reference, and nothing that a URL has a meaning for.
_VALUE = re.compile(r"(?:[A-Z][A-Za-z]{1,63}/)?(?!\.{1,2}$)[A-Za-z0-9._-]{1,255}")
_QUERY = re.compile(r"(?P<kind>[A-Z][A-Za-z]{1,63})(?:/[A-Za-z0-9._$/-]+)?(?P<search>\?.*)?")
_USERS = ("Practitioner", "PractitionerRole", "Patient", "RelatedPerson")
_LEFT_AS_IT_IS = "/?&=%,:;+$!'()*"


@dataclass(frozen=True, slots=True)
class Query:
    """A read or a search, relative to a FHIR server's base, of one resource type."""

    text: str
    kind: str
    interaction: Interaction


def query(template: str, context: Context) -> Query | None:
    """The template's query in that context; None where the context cannot fill it safely."""
    values = _values(context)
    if any(name not in values for name in _TOKEN.findall(template)):
        return None
    filled = _TOKEN.sub(lambda token: values[token[1]], template)
    text = quote(filled, safe=_LEFT_AS_IT_IS)
    found = _QUERY.fullmatch(text)
    return Query(text, found["kind"], "search" if found["search"] else "read") if found else None


def _values(context: Context) -> Mapping[str, str]:
    """The standard's prefetch tokens, with those values alone that are ids or references."""
    given: dict[str, object] = {
        f"context.{name}": getattr(context, field)
        for name, field in zip(
            context.__struct_encode_fields__, context.__struct_fields__, strict=True
        )
    }
    if context.user_id is not UNSET:
        kind, _, identifier = context.user_id.partition("/")
        given |= {f"user{kind}Id": identifier} if kind in _USERS else {}
    return {
        name: value
        for name, value in given.items()
        if isinstance(value, str) and _VALUE.fullmatch(value)
    }
