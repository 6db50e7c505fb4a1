"""JSON Schemas made from the Structs, and what they find wrong with a request."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any
from uuid import UUID

import msgspec
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError
from msgspec.json import schema_components

from cds_hooks.cards import CDSResponse
from cds_hooks.hooks import Discovery, HookRequest
from cds_hooks.outcomes import OperationOutcome, Problem

MOST_PROBLEMS = 20

_SENT_AND_READ = (HookRequest, CDSResponse, Discovery, OperationOutcome)
DIALECT = "https://json-schema.org/draft/2020-12/schema"
_EXPECTED = {
    "object": "an object",
    "string": "a string",
    "number": "a number",
}
_RULES = {
    "minLength": "must not be empty",
    "pattern": "must be the id of a resource, with nothing before or after it",
    "format": "must be a UUID",
}
_FORMATS = FormatChecker(formats=())


@cache
def components() -> Mapping[str, Any]:
    """The JSON Schema of each table by name, referring to each other as OpenAPI components."""
    _, schemas = schema_components(_SENT_AND_READ, ref_template="#/components/schemas/{name}")
    request = schemas["HookRequest"]
    # cds-r-1
    request["dependentRequired"] = {"fhirAuthorization": ["fhirServer"]}
    # Any value may be prefetched; said so that nothing empty is sent here either.
    request["properties"]["prefetch"] = {"type": "object", "additionalProperties": True}
    return schemas


def schema(name: str) -> Mapping[str, Any]:
    """The JSON Schema of one table, on its own feet."""
    return {
        "$schema": DIALECT,
        "$ref": f"#/components/schemas/{name}",
        "components": {"schemas": components()},
    }


def problems(sent: object) -> tuple[Problem, ...]:
    """What is wrong with a decoded request body, in at most 20 findings that repeat no value."""
    errors = _validator().iter_errors(sent)
    found = dict.fromkeys(problem for error in errors for problem in _told(error))
    return tuple(found)[:MOST_PROBLEMS]


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(schema("HookRequest"), format_checker=_FORMATS)


@_FORMATS.checks("uuid", raises=msgspec.ValidationError)
def _is_uuid(text: object) -> bool:
    return not isinstance(text, str) or bool(msgspec.convert(text, UUID))


def _told(error: ValidationError) -> Iterator[Problem]:
    path = [str(part) for part in error.absolute_path]
    if missing := _missing(error):
        for where in (".".join((*path, name)) for name in missing):
            yield Problem(f"{where} is required", where)
    else:
        where = ".".join(path)
        yield Problem(f"{where or 'the body'} {_rule(error)}", where)


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
    if error.validator == "type":
        expected: Any = error.validator_value
        return f"must be {_EXPECTED[expected]}"
    return _RULES[str(error.validator)]
