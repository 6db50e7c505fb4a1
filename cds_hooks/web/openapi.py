"""This server's OpenAPI 3.1 document, with the schemas made from the Structs."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from cds_hooks.model_registry.source_attributes import SourceAttributes
from cds_hooks.protocol.hooks import CONTEXTS, VERSION
from cds_hooks.protocol.schemas import DIALECT, components, request_table

MEDIA_TYPES = ("application/json", "application/fhir+json")
"""What a service call may be sent as."""

_TOKEN = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "JWT",
    "description": "Signed by a registered client for the address that is called, once.",
}
_SECURITY: tuple[dict[str, tuple[str, ...]], ...] = ({"client": ()}, {})
"""A client's token, or nothing: the demo wants none."""

_CATALOGUE = {
    "name": "announce",
    "in": "query",
    "description": "`all`: every service that may be called, those too whose cards another shows.",
    "schema": {"type": "string", "enum": ["all"]},
}
_SERVICE = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}


@cache
def openapi() -> Mapping[str, Any]:
    """The document; its addresses are relative to wherever it is served."""
    return {
        "openapi": "3.1.0",
        "jsonSchemaDialect": DIALECT,
        "info": {
            "title": "CDS Hooks services",
            "version": VERSION,
            "description": f"CDS Hooks {VERSION}: discovery, and each service with its feedback.",
        },
        "servers": [{"url": "/"}],
        "paths": {
            "/cds-services": {"get": _discovery()},
            "/cds-services/{id}": {"post": _call()},
            "/cds-services/{id}/feedback": {"post": _feedback()},
            "/services/{id}/source-attributes": {"get": _source_attributes()},
            "/openapi.json": {"get": _this_document()},
            "/livez": {"get": _health("live", "Tells that the process answers.")},
            "/readyz": {"get": _health("ready", "Tells whether it can serve, and how well.")},
        },
        "components": {
            "schemas": components(SourceAttributes),
            "securitySchemes": {"client": _TOKEN},
        },
    }


def _discovery() -> dict[str, Any]:
    return {
        "operationId": "discover",
        "summary": "Lists the services, the hook of each and the prefetch that it asks for.",
        "parameters": [_CATALOGUE],
        "security": _SECURITY,
        "responses": {
            "200": _body("The services to subscribe to.", "Discovery"),
            "401": _unproven(),
            **_refusals(),
        },
    }


def _call() -> dict[str, Any]:
    return {
        "operationId": "call",
        "summary": "Calls a service: the hook's context and prefetch in, cards out.",
        "parameters": [_SERVICE],
        "security": _SECURITY,
        "requestBody": _taken(*map(request_table, CONTEXTS)),
        "responses": {
            "200": _body("Cards, perhaps none.", "CDSResponse"),
            "401": _unproven(),
            **_refusals(),
        },
    }


def _feedback() -> dict[str, Any]:
    return {
        "operationId": "receive",
        "summary": "Tells what became of a service's cards: each accepted or overridden.",
        "parameters": [_SERVICE],
        "security": _SECURITY,
        "requestBody": _taken("FeedbackRequest"),
        "responses": {
            "401": _unproven(),
            "200": _body("It is kept; sent again, it is kept once.", "OperationOutcome"),
            "503": {
                **_body("It is not kept, and is to be sent again.", "OperationOutcome"),
                "headers": {"Retry-After": {"schema": {"type": "integer"}}},
            },
            **_refusals(),
        },
    }


def _source_attributes() -> dict[str, Any]:
    return {
        "operationId": "show",
        "summary": "Lists the HTI-1 source attributes of every predictor that a service uses.",
        "parameters": [_SERVICE],
        "responses": {
            "200": _body("Each attribute, or why it is not available.", "SourceAttributes"),
            **_refusals(),
        },
    }


def _this_document() -> dict[str, Any]:
    content = {"application/json": {"schema": {"type": "object"}}}
    return {
        "operationId": "describe",
        "summary": "This document.",
        "responses": {"200": {"description": "OpenAPI 3.1.", "content": content}},
    }


def _health(name: str, summary: str) -> dict[str, Any]:
    content = {"application/json": {"schema": {"type": "object"}}}
    answers = {"200": "`status` is ok or degraded.", "503": "No service can answer."}
    told = {code: {"description": text, "content": content} for code, text in answers.items()}
    return {"operationId": name, "summary": summary, "responses": told}


def _taken(*names: str) -> dict[str, Any]:
    schema = _ref(names[0]) if len(names) == 1 else {"anyOf": [*map(_ref, names)]}
    return {"required": True, "content": {media: {"schema": schema} for media in MEDIA_TYPES}}


def _refusals() -> dict[str, Any]:
    return {"default": _body("What is wrong, and with which field.", "OperationOutcome")}


def _unproven() -> dict[str, Any]:
    told = _body("Who calls is not proved; nothing tells why.", "OperationOutcome")
    return told | {"headers": {"WWW-Authenticate": {"schema": {"const": "Bearer"}}}}


def _body(description: str, name: str) -> dict[str, Any]:
    content = {"application/json": {"schema": _ref(name)}}
    return {"description": description, "content": content}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}
