"""The one guarded way out (against SSRF): GET, POST and PUT to a registered server alone."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from cds_hooks.fhir_client.addresses import Resolve, resolve
from cds_hooks.fhir_client.response import JSONResponse
from cds_hooks.settings.clients import FhirServer

if TYPE_CHECKING:
    from requests import Request


def get(
    url: str,
    server: FhirServer,
    *,
    headers: Mapping[str, str],
    until: float,
    most_bytes: int,
    resolve: Resolve = resolve,
) -> JSONResponse:
    """Fetches JSON of at most so many bytes, unpacked, from under the server's base.

    `until` is when the connection is cut, in seconds of the monotonic clock. No redirect is
    followed, nothing comes from the environment, and we connect only to addresses that were
    checked. For a document with an address of its own, that address is the base.

    Raises NotFetched.
    """
    asked = _request(url, headers)
    return _exchanged(asked, server, until=until, most_bytes=most_bytes, resolve=resolve)


def post(
    url: str,
    server: FhirServer,
    *,
    form: Mapping[str, str],
    headers: Mapping[str, str],
    until: float,
    most_bytes: int,
    resolve: Resolve = resolve,
) -> JSONResponse:
    """Sends a form, and takes the JSON that it is answered with; in all else as `get`."""
    asked = _request(url, headers, form=form)
    return _exchanged(asked, server, until=until, most_bytes=most_bytes, resolve=resolve)


def put(
    url: str,
    server: FhirServer,
    *,
    body: bytes,
    headers: Mapping[str, str],
    until: float,
    resolve: Resolve = resolve,
) -> None:
    """Stores a resource under its own id, so that to send it again changes nothing; as `get`."""
    asked = _request(url, headers, body=body)
    _exchanged(asked, server, until=until, most_bytes=0, resolve=resolve)


def _request(
    url: str,
    headers: Mapping[str, str],
    *,
    form: Mapping[str, str] | None = None,
    body: bytes | None = None,
) -> "Request":
    # requests takes a tenth of a second to import, and most processes never fetch.
    from cds_hooks.fhir_client.transport import request

    return request(url, headers, form=form, body=body)


def _exchanged(
    asked: "Request", server: FhirServer, *, until: float, most_bytes: int, resolve: Resolve
) -> JSONResponse:
    from cds_hooks.fhir_client.transport import exchange

    return exchange(asked, server, until=until, most_bytes=most_bytes, resolve=resolve)
