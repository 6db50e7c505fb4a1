"""JSON decoding of request bodies and encoding of values: the one place where either happens."""

import re
from collections.abc import Mapping
from typing import Any, NoReturn, TypeVar

import msgspec

from cds_hooks.protocol.errors import BadRequest, Problem, TooLarge
from cds_hooks.protocol.feedback import MOST_ITEMS, Batch, FeedbackRequest
from cds_hooks.protocol.hooks import CONTEXTS, Context, HookRequest, InvalidRequest
from cds_hooks.protocol.schemas import problems, request_table

_T = TypeVar("_T")


class _Hook(msgspec.Struct):
    hook: str


_REQUESTS: Mapping[str, msgspec.json.Decoder[HookRequest[Any]]] = {
    hook: msgspec.json.Decoder(HookRequest[context])  # type: ignore[valid-type] # made at run time
    for hook, context in CONTEXTS.items()
}
_HOOK = msgspec.json.Decoder(_Hook)
_BATCH = msgspec.json.Decoder(Batch)
_FEEDBACK = msgspec.json.Decoder(FeedbackRequest)
_FIELDS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ENCODER = msgspec.json.Encoder()

BOM = b"\xef\xbb\xbf"
"""The byte order mark that some tools put before UTF-8."""

# Where a null counts as absent, beside the body itself. In prefetch it says that nothing was found.
_NULL_IS_ABSENT = {
    "acceptedSuggestions",
    "context",
    "feedback",
    "fhirAuthorization",
    "overrideReason",
    "overrideReasons",
    "reason",
}
_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")


def encode(value: object) -> bytes:
    """The value as JSON in UTF-8, on one line."""
    return _ENCODER.encode(value)


def read_request(body: bytes, hook: str = "patient-view") -> HookRequest[Context]:
    """Reads a call of a service that answers this hook, one of `CONTEXTS`.

    Fields that the standard does not define are ignored. Prefetched values are checked as JSON but
    not read, so that a value that makes no sense costs its own resource only. Raises BadRequest,
    which lists every field that is wrong.
    """
    try:
        request: HookRequest[Context] = _read(body, _REQUESTS[hook], request_table(hook))
    except BadRequest:
        # What is wrong with the context of another hook is not what is wrong with the call.
        _refuse_another_hook(_hook_of(body), hook)
        raise
    _refuse_another_hook(request.hook, hook)
    return request


def _hook_of(body: bytes) -> str:
    """The hook that a body names; "" where it names none."""
    try:
        return _HOOK.decode(body.removeprefix(BOM)).hook
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""


def _refuse_another_hook(named: str, hook: str) -> None:
    if _NAME.fullmatch(named) and named != hook:
        raise BadRequest(f"this service answers the hook {hook}", expression="hook") from None


def read_feedback(body: bytes) -> FeedbackRequest:
    """Reads a feedback call; fields that the standard does not define are ignored.

    Raises BadRequest, which lists every field that is wrong, such as `feedback[2].outcome`, and
    TooLarge if there are too many items.
    """
    # Counted first, because to find what is wrong in an item takes a thousand times as long.
    if _items(body) > MOST_ITEMS:
        raise TooLarge(f"feedback holds more than {MOST_ITEMS} items", expression="feedback")
    return _read(body, _FEEDBACK, "FeedbackRequest")


def _items(body: bytes) -> int:
    """How many items a feedback call holds; 0 for one that cannot be read at all."""
    try:
        return len(_BATCH.decode(body.removeprefix(BOM)).feedback)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return 0


def _read(body: bytes, decoder: msgspec.json.Decoder[_T], table: str) -> _T:
    text = body.removeprefix(BOM)
    try:
        _refuse_other_encodings(text)
        _refuse_nul(text)
        return _decode(text, decoder, table)
    except msgspec.DecodeError as error:
        raise BadRequest("the body is not JSON", diagnostics=_where(error)) from None
    except RecursionError:
        raise BadRequest("the body is nested too deeply") from None


def _decode(text: bytes, decoder: msgspec.json.Decoder[_T], table: str) -> _T:
    try:
        return decoder.decode(text)
    except msgspec.ValidationError:
        return _decode_again(text, decoder, table)


def _decode_again(text: bytes, decoder: msgspec.json.Decoder[_T], table: str) -> _T:
    """Reads what was refused at first: a null counts as absent, everything else as a problem."""
    try:
        sent = _without_nulls(msgspec.json.decode(text))
        if found := problems(sent, table):
            _refuse(found)
        return decoder.decode(encode(sent))
    except msgspec.ValidationError as error:
        if isinstance(error.__cause__, InvalidRequest):
            raise BadRequest(str(error.__cause__), expression=error.__cause__.expression) from None
        raise BadRequest("a number in the body is out of range") from None


def _without_nulls(sent: Any) -> Any:
    if isinstance(sent, list):
        return [_without_nulls(each) for each in sent]
    if not isinstance(sent, Mapping):
        return sent
    return {
        name: _without_nulls(value) if name in _NULL_IS_ABSENT else value
        for name, value in sent.items()
        if value is not None
    }


def _refuse(found: tuple[Problem, ...]) -> NoReturn:
    first, *others = found
    raise BadRequest(first.text, expression=first.expression, further=tuple(others)) from None


def _refuse_other_encodings(text: bytes) -> None:
    try:
        text.isascii() or text.decode("utf-8")
    except UnicodeDecodeError:
        raise BadRequest("the body is not UTF-8") from None


def _refuse_nul(text: bytes) -> None:
    if _holds_nul(text):
        where = _nul_in(text)
        named = f"{where} holds" if where else "the body holds"
        raise BadRequest(f"{named} the character U+0000", expression=where)


def _holds_nul(text: bytes) -> bool:
    # A lone backslash is looked for first, because that search is many times faster. Without the
    # escaped backslashes, what still looks like the escape is one.
    escaped = b"\\" in text and b"\\u0000" in text
    return escaped and b"\\u0000" in text.replace(b"\\\\", b"")


def _nul_in(text: bytes) -> str:
    """The field that holds it, and the prefetch key; "" where that cannot be told."""
    try:
        fields = _FIELDS.decode(text)
    except msgspec.ValidationError:
        return ""
    for name, value in fields.items():
        if _NAME.fullmatch(name) and _holds_nul(bytes(value)):
            inner = _nul_in(bytes(value)) if name == "prefetch" else ""
            return f"{name}.{inner}" if inner else name
    return ""


def _where(error: msgspec.DecodeError) -> str:
    position = re.search(r"\(byte \d+\)$", str(error))
    return position[0].strip("()") if position else "it ends too early"
