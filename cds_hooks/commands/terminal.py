"""Shows a service's answer in a terminal, as a clinician would read its cards."""

import re
from collections.abc import Iterator, Mapping
from textwrap import indent
from typing import Any

import msgspec

_ORDER = ("critical", "warning", "info")
_CONTROL = re.compile(r"[^\S\n ]|[\x00-\x08\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def answer(response: Mapping[str, Any]) -> str:
    """The cards, most urgent first, and then what the service added in its `extension`."""
    cards = sorted(_objects(response, "cards"), key=_urgency)
    parts = [_card(card) for card in cards] or ["No cards."]
    if extension := response.get("extension"):
        parts.append(f"Also told:\n{_json(extension)}")
    return plain("\n\n".join(parts))


def outcome(body: bytes) -> str:
    """The issues of an OperationOutcome, one a line; "" if the body is none."""
    try:
        sent = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    if not isinstance(sent, dict) or sent.get("resourceType") != "OperationOutcome":
        return ""
    return plain("\n".join(_issue(each) for each in _objects(sent, "issue")))


def plain(text: str) -> str:
    """The text without what could steer a terminal: only line breaks and spaces are kept."""
    return _CONTROL.sub(" ", text)


def _objects(value: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    """The JSON objects under a key, one or several; other values are not shown."""
    held = value.get(key)
    several = held if isinstance(held, list) else [held]
    return [each for each in several if isinstance(each, dict)]


def _urgency(card: Mapping[str, Any]) -> int:
    indicator = card.get("indicator")
    return _ORDER.index(indicator) if indicator in _ORDER else len(_ORDER)


def _card(card: Mapping[str, Any]) -> str:
    lines = [f"[{str(card.get('indicator', '?')).upper()}] {card.get('summary', '')}"]
    lines += [f"  Source: {_source(source)}" for source in _objects(card, "source")]
    if detail := card.get("detail"):
        # Loaded here, the commands that show no card start without it.
        from cds_hooks.commands.markdown_text import as_text

        lines += ["", indent(as_text(str(detail)), "  "), ""]
    for suggestion in _objects(card, "suggestions"):
        lines += _suggestion(suggestion)
    lines += [
        f"  Link: {link.get('label')} <{link.get('url')}>" for link in _objects(card, "links")
    ]
    return "\n".join(lines)


def _source(source: Mapping[str, Any]) -> str:
    url = source.get("url")
    return f"{source.get('label', '')}{f' <{url}>' if url else ''}"


def _suggestion(suggestion: Mapping[str, Any]) -> Iterator[str]:
    yield f"  Suggestion: {suggestion.get('label', '')}"
    for action in _objects(suggestion, "actions"):
        yield f"    {action.get('type', '')}: {action.get('description', '')}"
        if resource := action.get("resource"):
            yield indent(_json(resource), "      ")


def _issue(issue: Mapping[str, Any]) -> str:
    given = (*(each.get("text") for each in _objects(issue, "details")), issue.get("diagnostics"))
    texts = list(filter(None, given)) or [issue.get("code", "")]
    where = ", ".join(map(str, issue.get("expression") or ()))
    texts[0] = f"{texts[0]} ({where})" if where else texts[0]
    return f"{issue.get('severity', 'error')}: {'; '.join(map(str, texts))}"


def _json(value: object) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
