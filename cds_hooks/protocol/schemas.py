"""JSON Schemas generated from the Structs, and the problems that they find in a body."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any
from uuid import UUID

import msgspec
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError
from msgspec.json import schema_components

from cds_hooks.protocol.cards import CDSResponse
from cds_hooks.protocol.errors import OperationOutcome, Problem
from cds_hooks.protocol.feedback import FeedbackRequest, Instant, in_utc
from cds_hooks.protocol.hooks import CONTEXTS, Discovery, HookRequest

MOST_PROBLEMS = 20

_GENERIC = re.compile(r"HookRequest_(\w+)Context_")
"""How the schemas' maker names the request of one hook."""

_SENT_AND_READ = (
    *(HookRequest[context] for context in CONTEXTS.values()),  # type: ignore[valid-type]
    CDSResponse,
    Discovery,
    FeedbackRequest,
    OperationOutcome,
)
DIALECT = "https://json-schema.org/draft/2020-12/schema"
_EXPECTED = {
    "array": "an array",
    "object": "an object",
    "string": "a string",
    "number": "a number",
}
_RULES = {
    "anyOf": "must hold a reason or a comment",
    "date-time": "must be a date and time with its offset from UTC",
    "maxItems": "holds too many items",
    "maxLength": "is too long",
    "minItems": "must not be empty",
    "minLength": "must not be empty",
    "pattern": "must be the id of a resource, with nothing before or after it",
    "uuid": "must be a UUID",
}
_FORMATS = FormatChecker(formats=())


@cache
def components(*further: type[msgspec.Struct]) -> Mapping[str, Any]:
    """The JSON Schema of each table by name, referring to each other as OpenAPI components.

    `further` tables are no part of the standard, and described beside it.
    """
    tables = (*_SENT_AND_READ, *further)
    _, made = schema_components(tables, ref_template="#/components/schemas/{name}")
    schemas = {_GENERIC.sub(r"\1Request", name): schema for name, schema in made.items()}
    for hook in CONTEXTS:
        _add_rules_of_request(schemas[request_table(hook)], hook)
    # Any entry may be a draft; said so that nothing empty is sent here either.
    schemas["DraftOrders"]["properties"]["entry"] = {"type": "array", "items": True}
    schemas["Action"]["properties"]["resource"] = {"type": "object"}
    _add_rules_of_feedback(schemas)
    return schemas


def request_table(hook: str) -> str:
    """The name of the schema of that hook's requests."""
    return f"{CONTEXTS[hook].__name__.removesuffix('Context')}Request"


def _add_rules_of_request(request: dict[str, Any], hook: str) -> None:
    request["title"] = f"A request of the hook {hook}"
    # cds-r-1
    request["dependentRequired"] = {"fhirAuthorization": ["fhirServer"]}
    # Any value may be prefetched; said so that nothing empty is sent here either.
    request["properties"]["prefetch"] = {"type": "object", "additionalProperties": True}


def _add_rules_of_feedback(schemas: dict[str, Any]) -> None:
    # "$comment" names the rule, for people and for `_told`.
    schemas["Feedback"]["properties"]["outcome"]["$comment"] = "cds-fb-1"
    schemas["Feedback"] |= {
        "if": {"properties": {"outcome": {"const": "accepted"}}, "required": ["outcome"]},
        "then": {
            "$comment": "cds-fb-2",
            "properties": {"acceptedSuggestions": {"minItems": 1, "$comment": "cds-fb-2"}},
            "required": ["acceptedSuggestions"],
        },
    }
    commented = {"properties": {"userComment": {"pattern": r"\S"}}, "required": ["userComment"]}
    given = {"$comment": "cds-fb-3", "anyOf": [{"required": ["reason"]}, commented]}
    # Neither member is required alone, and an empty list would be sent with the description.
    del schemas["OverrideReason"]["required"]
    schemas["OverrideReason"]["allOf"] = [given]


def schema(name: str) -> Mapping[str, Any]:
    """The JSON Schema of one table, on its own feet."""
    return {
        "$schema": DIALECT,
        "$ref": f"#/components/schemas/{name}",
        "components": {"schemas": components()},
    }


def problems(sent: object, table: str) -> tuple[Problem, ...]:
    """What is wrong with a decoded body, in at most 20 findings that repeat no value."""
    errors = _validator(table).iter_errors(sent)
    found: dict[Problem, None] = {}
    for problem in (each for error in errors for each in _told(error)):
        found[problem] = None
        # No more is looked for: a body may hold thousands.
        if len(found) == MOST_PROBLEMS:
            break
    return tuple(found)


@cache
def _validator(table: str) -> Draft202012Validator:
    return Draft202012Validator(schema(table), format_checker=_FORMATS)


@_FORMATS.checks("uuid", raises=msgspec.ValidationError)
def _is_uuid(text: object) -> bool:
    return not isinstance(text, str) or bool(msgspec.convert(text, UUID))


@_FORMATS.checks("date-time", raises=(msgspec.ValidationError, ValueError))
def _is_instant(text: object) -> bool:
    return not isinstance(text, str) or bool(in_utc(msgspec.convert(text, Instant)))


def _told(error: ValidationError) -> Iterator[Problem]:
    rule: Any = error.schema
    named = f" ({rule['$comment']})" if "$comment" in rule else ""
    if missing := _missing(error):
        for where in (_path(*error.absolute_path, name) for name in missing):
            yield Problem(f"{where} is required{named}", where)
    else:
        where = _path(*error.absolute_path)
        yield Problem(f"{where or 'the body'} {_rule(error)}{named}", where)


def _path(*parts: str | int) -> str:
    """The parts as FHIRPath joins them: `feedback[2].outcome`."""
    joined = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)
    return "".join(joined).removeprefix(".")


def _missing(error: ValidationError) -> list[str]:
    rule: Any = error.validator_value
    sent: Any = error.instance
    match error.validator:
        case "required":
            return [name for name in rule if name not in sent]
        case "dependentRequired":
            return [name for names in rule.values() for name in names]
        case _:
            return []


def _rule(error: ValidationError) -> str:
    rule: Any = error.validator_value
    match error.validator:
        case "type":
            return f"must be {_EXPECTED[rule]}"
        case "format":
            return _RULES[rule]
        case "enum":
            return f"must be {' or '.join(rule)}"
        case other:
            return _RULES[str(other)]
