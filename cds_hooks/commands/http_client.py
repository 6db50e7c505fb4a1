"""Calls a CDS service over HTTP as an EHR does: discovery, then the hook."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import requests
from requests import exceptions

from cds_hooks.protocol.json import encode

DEADLINE = 10.0
"""Seconds to wait for a connection, and then for each part of the answer."""


class NotAnswered(Exception):
    """The service did not answer as it should; `body` is what it sent, b"" if nothing."""

    def __init__(self, text: str, *, body: bytes = b"") -> None:
        super().__init__(text)
        self.body = body


Sign: TypeAlias = Callable[[str], str]
"""Makes the token for a call of that URL; "" for a call without one."""


def unsigned(_: str) -> str:
    """No token, as for the demo."""
    return ""


def described(url: str, service: str, *, sign: Sign = unsigned) -> tuple[str, dict[str, Any]]:
    """A service's own URL, and its entry in the discovery under a base or discovery URL.

    Raises NotAnswered, also if no such service is offered there.
    """
    address = url.rstrip("/").removesuffix("/cds-services") + "/cds-services"
    named = _offered(address, sign=sign)
    if service not in named:
        # Ours has more to call than to subscribe to; another server does not heed the parameter.
        named = _offered(f"{address}?announce=all", sign=sign)
    if service not in named:
        offers = ", ".join(sorted(map(str, named))) or "nothing"
        raise NotAnswered(f"there is no service {service} at {address}; it offers {offers}")
    return f"{address}/{service}", named[service]


def _offered(address: str, *, sign: Sign) -> dict[object, dict[str, Any]]:
    services = _answer("GET", address, sign=sign).get("services")
    return {each.get("id"): each for each in services or () if isinstance(each, dict)}


def cards(url: str, request: Mapping[str, object], *, sign: Sign = unsigned) -> dict[str, Any]:
    """Posts a hook request and gives the answer, a JSON object; raises NotAnswered."""
    return _answer("POST", url, encode(request), sign=sign)


def _answer(method: str, url: str, body: bytes | None = None, *, sign: Sign) -> dict[str, Any]:
    headers = {"Accept": "application/json", "Content-Type": "application/json"}
    try:
        # A chart is not sent on to wherever a redirect points.
        response = requests.request(
            method,
            url,
            data=body,
            headers=headers,
            auth=_bearing(sign(url.partition("?")[0])),
            timeout=DEADLINE,
            allow_redirects=False,
        )
    except (exceptions.InvalidSchema, exceptions.MissingSchema, exceptions.InvalidURL):
        raise NotAnswered(f"{url} is no web address: one begins with http:// or https://") from None
    except requests.RequestException as error:
        raise NotAnswered(f"no answer from {url}: {type(error).__name__}") from None
    if response.status_code != requests.codes.ok:
        raise NotAnswered(f"{url} answered {response.status_code}", body=response.content)
    try:
        answer = response.json()
    except requests.JSONDecodeError:
        answer = None
    if not isinstance(answer, dict):
        raise NotAnswered(f"{url} did not answer with a JSON object", body=response.content)
    return answer


def _bearing(token: str) -> Callable[[requests.PreparedRequest], requests.PreparedRequest]:
    """Puts the token on a request; as a header alone, a `.netrc` would take its place."""

    def bear(request: requests.PreparedRequest) -> requests.PreparedRequest:
        if token:
            request.headers["Authorization"] = f"Bearer {token}"
        return request

    return bear
