"""The one guarded way out (against SSRF): GET and POST to a registered server, and nowhere else."""

from collections.abc import Mapping

from cds_hooks.fhir_client.addresses import Resolve, resolve
from cds_hooks.fhir_client.response import JSONResponse
from cds_hooks.settings.clients import FhirServer


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
    return _exchanged(
        url, server, None, headers=headers, until=until, most_bytes=most_bytes, resolve=resolve
    )


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
    return _exchanged(
        url, server, form, headers=headers, until=until, most_bytes=most_bytes, resolve=resolve
    )


def _exchanged(
    url: str,
    server: FhirServer,
    form: Mapping[str, str] | None,
    *,
    headers: Mapping[str, str],
    until: float,
    most_bytes: int,
    resolve: Resolve,
) -> JSONResponse:
    # requests takes a tenth of a second to import, and most processes never fetch.
    from cds_hooks.fhir_client.transport import exchange, request

    asked = request(url, headers, form=form)
    return exchange(asked, server, until=until, most_bytes=most_bytes, resolve=resolve)
