"""This server's OpenAPI 3.1 document, with the schemas made from the Structs."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from cds_hooks.hooks import VERSION
from cds_hooks.schemas import DIALECT, components

MEDIA_TYPES = ("application/json", "application/fhir+json")
"""What a service call may be sent as."""


@cache
def openapi() -> Mapping[str, Any]:
    """The document; its addresses are relative to wherever it is served."""
    return {
        "openapi": "3.1.0",
        "jsonSchemaDialect": DIALECT,
        "info": {
            "title": "CDS Hooks services",
            "version": VERSION,
            "description": f"CDS Hooks {VERSION}: discovery, and one address per service.",
        },
        "servers": [{"url": "/"}],
        "paths": {
            "/cds-services": {"get": _discovery()},
            "/cds-services/{id}": {"post": _call()},
            "/openapi.json": {"get": _this_document()},
        },
        "components": {"schemas": components()},
    }


def _discovery() -> dict[str, Any]:
    return {
        "operationId": "discover",
        "summary": "Lists the services, the hook of each and the prefetch that it asks for.",
        "responses": {"200": _body("Every service that is offered.", "Discovery"), **_refusals()},
    }


def _call() -> dict[str, Any]:
    identified = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
    return {
        "operationId": "call",
        "summary": "Calls a service: the hook's context and prefetch in, cards out.",
        "parameters": [identified],
        "requestBody": {
            "required": True,
            "content": {media: {"schema": _ref("HookRequest")} for media in MEDIA_TYPES},
        },
        "responses": {"200": _body("Cards, perhaps none.", "CDSResponse"), **_refusals()},
    }


def _this_document() -> dict[str, Any]:
    content = {"application/json": {"schema": {"type": "object"}}}
    return {
        "operationId": "describe",
        "summary": "This document.",
        "responses": {"200": {"description": "OpenAPI 3.1.", "content": content}},
    }


def _refusals() -> dict[str, Any]:
    return {"default": _body("What is wrong, and with which field.", "OperationOutcome")}


def _body(description: str, name: str) -> dict[str, Any]:
    content = {"application/json": {"schema": _ref(name)}}
    return {"description": description, "content": content}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}
