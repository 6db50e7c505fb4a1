"""Request and response bodies: accepted media types, length limits, and how they are sent."""

from flask import Request, Response

from cds_hooks.protocol.errors import TooLarge, UnsupportedMediaType
from cds_hooks.protocol.json import encode
from cds_hooks.web.openapi import MEDIA_TYPES

TOO_LONG = "the body is longer than this server reads"


def read_body(request: Request, longest: int) -> bytes:
    """The body of the call, as it came; raises UnsupportedMediaType or TooLarge."""
    _refuse_other_media(request)
    body = request.get_data(cache=False)
    if len(body) > longest:
        raise TooLarge(TOO_LONG)
    return body


def in_json(value: object, *, status: int = 200) -> Response:
    """The answer that holds the value as JSON."""
    return Response(encode(value), status, content_type="application/json")


def _refuse_other_media(request: Request) -> None:
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise UnsupportedMediaType("the body must not be compressed")
    charset = request.mimetype_params.get("charset", "utf-8").lower()
    if request.mimetype not in MEDIA_TYPES or charset not in ("utf-8", "utf8"):
        raise UnsupportedMediaType(f"the body must be {' or '.join(MEDIA_TYPES)} in UTF-8")
