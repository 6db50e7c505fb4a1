"""Who is signed on, as a listed proxy says, and whether they may do what they ask for."""

import re
from dataclasses import dataclass

from flask import Request

from cds_hooks.auth.proxies import listed
from cds_hooks.protocol.errors import Forbidden
from cds_hooks.settings.admin import AdminSettings
from cds_hooks.settings.server import networks

DEMO_PERSON = "demo"
"""Who looks at the demo, which signs no one on."""

_NAME = re.compile(r"[\w.@+\\/ -]{1,100}")

NOT_SIGNED_ON = "nobody is signed on: open this page through the proxy that signs people on"
MAY_NOT_READ = "you are signed on, but not among those who may read here"
MAY_NOT_ACT = "you may read here, and not decide"


@dataclass(frozen=True, slots=True)
class Person:
    """Who looks, by the name that the proxy gives, and whether they may decide."""

    name: str
    acts: bool


def signed_on(request: Request, settings: AdminSettings, *, demo: bool) -> Person:
    """The person of the request, who may read; raises Forbidden."""
    if demo:
        return Person(DEMO_PERSON, acts=True)
    name = request.headers.get(settings.user_header, "").strip()
    proxied = listed(request.remote_addr or "", networks(settings.proxies))
    if not (proxied and _NAME.fullmatch(name)):
        raise Forbidden(NOT_SIGNED_ON)
    if not settings.may_read(name):
        raise Forbidden(MAY_NOT_READ)
    return Person(name, settings.may_act(name))


def may_scrape(request: Request, settings: AdminSettings) -> bool:
    """Whether the caller may read what holds no more than counts, without being signed on."""
    return listed(request.remote_addr or "", networks(settings.scrapers))


def require_actor(person: Person) -> None:
    """Raises Forbidden unless the person may decide."""
    if not person.acts:
        raise Forbidden(MAY_NOT_ACT)
