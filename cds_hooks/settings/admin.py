"""Settings of the admin app: who is signed on, who may act, and where decisions are kept."""

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta, Struct

from cds_hooks.settings.server import networks

ANYONE = "*"


class AdminSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who may look at the admin app and act in it, and where their decisions are kept."""

    proxies: Annotated[
        tuple[str, ...],
        Meta(
            description="addresses or networks of the proxies that sign people on; from anyone else"
            " the header counts for nothing, so that without a proxy nobody is let in"
        ),
    ] = ()
    user_header: Annotated[
        str,
        Meta(
            min_length=1,
            description="the header in which these proxies name the person, and which they take"
            " away where a browser sends it",
        ),
    ] = "X-Remote-User"
    readers: Annotated[
        tuple[str, ...],
        Meta(description="who may read, by the names of that header; `*`: whoever is signed on"),
    ] = (ANYONE,)
    actors: Annotated[
        tuple[str, ...],
        Meta(description="who may decide on modes and versions as well; they need not be readers"),
    ] = ()
    second_person: Annotated[
        bool,
        Meta(description="whether a decision counts only once another of the actors confirms it"),
    ] = False
    decisions: Annotated[
        str,
        Meta(
            description="the file in which decisions are kept, a line of JSON each, which is only"
            " ever appended to; `serve` reads the modes in it at each start and reload, on every"
            " host; empty: nothing can be decided"
        ),
    ] = ""
    scrapers: Annotated[
        tuple[str, ...],
        Meta(
            description="addresses or networks that may read `/metrics` and `/livez` without being"
            " signed on"
        ),
    ] = ("127.0.0.1", "::1")

    def __post_init__(self) -> None:
        for name in ("proxies", "scrapers"):
            try:
                networks(getattr(self, name))
            except ValueError as error:
                raise ValueError(f"{name}: {error}") from None
        _require_named("readers", self.readers)
        _require_named("actors", self.actors)
        if ANYONE in self.actors:
            raise ValueError("actors: who may act is named, not `*`")

    def may_read(self, user: str) -> bool:
        """Whether that person may look."""
        return ANYONE in self.readers or user in self.readers or self.may_act(user)

    def may_act(self, user: str) -> bool:
        """Whether that person may decide."""
        return user in self.actors


def _require_named(key: str, names: Sequence[str]) -> None:
    if not all(name.strip() for name in names):
        raise ValueError(f"{key}: an empty name is nobody's")
