"""What holds for everything that is sent, in functions that any test can ask."""

import json
import re
from collections.abc import Iterator
from typing import Any, NoReturn
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

EMPTIES_ALLOWED = {"$.cards", "$.services"}
USER_TOKENS = {
    "userPractitionerId",
    "userPractitionerRoleId",
    "userPatientId",
    "userRelatedPersonId",
}
CONTEXT_TOKENS = {"context.patientId", "context.userId", "context.encounterId"}
LONGEST_URL = 2000


def received(body: bytes) -> Any:
    """The body as a strict client reads it; fails on anything empty and on what is not JSON."""
    value = json.loads(body.decode("utf-8"), parse_constant=_no_constant)
    assert list(empties(value)) == []
    return value


def empties(value: object, where: str = "$") -> Iterator[str]:
    """The paths at which null, "", [] or {} is sent, but for the two lists that may be empty."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from empties(item, f"{where}.{name}")
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from empties(item, f"{where}[{index}]")
    blank = isinstance(value, str) and not value.strip()
    if where not in EMPTIES_ALLOWED and (value is None or value in ([], {}) or blank):
        yield where


def card_faults(card: dict[str, Any]) -> Iterator[str]:
    """What the standard, or an EHR in use, would not take in a decoded card."""
    if not 0 < len(card["summary"].encode("utf-16-le")) // 2 < 140:
        yield "summary is not shorter than 140"
    if card["indicator"] not in ("info", "warning", "critical"):
        yield "indicator"
    if not card["source"]["label"]:
        yield "source.label"
    if not re.fullmatch("[A-Za-z0-9]{1,100}", card["source"].get("topic", {}).get("code", "")):
        yield "source.topic.code is not alphanumeric"
    if not _is_uuid(card.get("uuid")):
        yield "uuid"
    for suggestion in card.get("suggestions", ()):
        if card.get("selectionBehavior") != "any":
            yield "selectionBehavior is not any"
        if not _is_uuid(suggestion.get("uuid")):
            yield "suggestion uuid"
        if len(suggestion.get("actions", ())) != 1:
            yield "not one action per suggestion"
    if not all(reason.get("display") for reason in card.get("overrideReasons", ())):
        yield "override reason without display"


def template_faults(template: str) -> Iterator[str]:
    """What a client that knows only CDS Hooks 2.0 could not do with a prefetch template."""
    for token in re.findall(r"{{(.*?)}}", template):
        if token not in USER_TOKENS | CONTEXT_TOKENS:
            yield f"token {token}"
    names = [name for name, _ in parse_qsl(urlsplit(template).query, keep_blank_values=True)]
    if len(names) != len(set(names)):
        yield "a repeated parameter"
    if template.count("?") > 1:
        yield "a question mark in a value"
    for name in names:
        if name.startswith(("_include", "_revinclude", "_elements", "&sort")) or ":not" in name:
            yield f"parameter {name}"
    if len(template) >= LONGEST_URL:
        yield "longer than a URL may be"


def _is_uuid(text: object) -> bool:
    try:
        return isinstance(text, str) and str(UUID(text)) == text
    except ValueError:
        return False


def _no_constant(name: str) -> NoReturn:
    raise AssertionError(f"{name} is not JSON")
