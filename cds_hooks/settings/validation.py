"""Validation of tables that are to become Structs: every mistake at once, each with its key."""

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec
from msgspec.structs import FieldInfo, fields

WORDS = {
    "array": "a list",
    "bool": "true or false",
    "float": "a number",
    "int": "a whole number",
    "object": "a table",
    "str": "a text",
}
"""What the types of values are called."""


class ConfigError(ValueError):
    """The configuration cannot be used; the message names the file, the key and what is wrong."""


def mistakes(kind: Any, value: object, key: str = "") -> Iterator[str]:
    """A line for each mistake, "clients.epic.replay: ...", if `value` is to be of that type."""
    parts = tuple(_parts(kind, value, key))
    within = [line for part in parts for line in mistakes(*part)]
    unknown = list(_names(kind, value, key))
    yield from (*unknown, *within)
    if not (unknown or within):
        yield from _own(kind, value, key)


def _parts(kind: Any, value: object, key: str) -> Iterator[tuple[Any, object, str]]:
    """The types and values that it is made of, each with its key."""
    kind = _bare(kind)
    if _is_struct(kind) and isinstance(value, Mapping):
        known = _known(kind)
        for name, each in value.items():
            if name in known:
                yield known[name].type, each, _joined(key, name)
    elif get_origin(kind) is dict and isinstance(value, Mapping):
        for name, each in value.items():
            yield get_args(kind)[1], each, _joined(key, name)
    elif get_origin(kind) is tuple and isinstance(value, list):
        for number, each in enumerate(value):
            yield get_args(kind)[0], each, f"{key}[{number}]"


def _names(kind: Any, value: object, key: str) -> Iterator[str]:
    """Keys that there are not, and those that are lacking."""
    kind = _bare(kind)
    if not (_is_struct(kind) and isinstance(value, Mapping)):
        return
    known = _known(kind)
    for name in value:
        if name not in known:
            near = get_close_matches(str(name), known, n=1)
            meant = f"; {near[0]} may be meant" if near else ""
            yield f"{_joined(key, name)}: there is no such key{meant}"
    for name, each in known.items():
        if each.required and name not in value:
            yield _explained(f"{_joined(key, name)}: it is needed", each.type)


def _own(kind: Any, value: object, key: str) -> Iterator[str]:
    try:
        msgspec.convert(value, kind, strict=True)
    except msgspec.ValidationError as error:
        told = _in_words(str(error).partition(" - at `$")[0])
        bare = _bare(kind)
        choices = ", ".join(map(str, get_args(bare))) if get_origin(bare) is Literal else ""
        told = f"{value!r} is not one of {choices}" if choices else told
        yield _explained(f"{key}: {told}" if key else told, kind)


def _in_words(told: str) -> str:
    """What msgspec says, with the words of TOML for its types."""
    kinds = re.sub(r"`([a-z]+)(?: \| null)?`", lambda kind: WORDS.get(kind[1], kind[0]), told)
    return kinds[0].lower() + kinds[1:] if kinds.startswith("Expected ") else kinds


def _explained(line: str, kind: Any) -> str:
    """The line with what is said of the setting, if something is."""
    texts = (each.description for each in getattr(kind, "__metadata__", ()))
    text = next(filter(None, texts), None)
    return f"{line} ({text})" if text else line


def _known(kind: Any) -> Mapping[str, FieldInfo]:
    return {each.encode_name: each for each in fields(kind)}


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def _bare(kind: Any) -> Any:
    """The type without its limits, and without the None that stands for nothing chosen."""
    if get_origin(kind) is Annotated:
        return _bare(get_args(kind)[0])
    if get_origin(kind) in (Union, UnionType):
        (first, *_) = (each for each in get_args(kind) if each is not NoneType)
        return _bare(first)
    return kind


def _joined(key: str, name: str) -> str:
    return f"{key}.{name}" if key else name
