"""Everything that a site can configure, as one value: a table of `cds.toml` for each field."""

import re
from typing import Annotated, Literal, TypeAlias

from msgspec import Meta, Struct

from cds_hooks.settings.admin import AdminSettings
from cds_hooks.settings.clients import Client, require_origin, require_public_url
from cds_hooks.settings.fatigue import FatigueSettings
from cds_hooks.settings.fetch import FetchSettings
from cds_hooks.settings.metrics import MetricSettings
from cds_hooks.settings.models import ModelSettings
from cds_hooks.settings.server import LimitSettings, ServerSettings
from cds_hooks.settings.services import ServiceSettings
from cds_hooks.settings.site import Site
from cds_hooks.settings.store import StoreSettings
from cds_hooks.settings.tracing import TracingSettings
from fhir_adapters.terminology.site import SiteMap

SANDBOX_ORIGINS = ("https://sandbox.cds-hooks.org", "http://sandbox.cds-hooks.org")
"""Where the public CDS Hooks sandbox's pages are served from: allowed by CORS in the demo only."""

DEMO_CLIENT = "demo"
"""Who every call of the demo is from: it authenticates no one."""

Announced: TypeAlias = Literal["gathered", "parts", "all"]
"""Which services discovery announces: who gathers in place of its parts, the parts, or both."""

_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that can be configured: in `clients`, who may call, by their names for us."""

    demo: bool = False
    public_url: Annotated[
        str,
        Meta(
            description="the base URL that clients call, without `/cds-services`: what their"
            " tokens must be meant for"
        ),
    ] = ""
    cors_origins: Annotated[
        tuple[str, ...],
        Meta(
            description="pages of any client that may call, as `https://host[:port]`; preflights"
            " need no token"
        ),
    ] = ()
    max_body: Annotated[int, Meta(ge=1_000, description="bytes of a call, at most")] = 20_000_000
    announce: Annotated[
        Announced,
        Meta(
            description="what discovery announces: `patient-risks` in place of the services whose"
            " cards it shows, those in place of it, or all, which shows a client that subscribes to"
            " all every card twice; each can be called in any case"
        ),
    ] = "gathered"
    site: Site = Site()
    site_map: SiteMap = SiteMap()
    store: StoreSettings = StoreSettings()
    fatigue: FatigueSettings = FatigueSettings()
    models: ModelSettings = ModelSettings()
    fetch: FetchSettings = FetchSettings()
    server: ServerSettings = ServerSettings()
    limits: LimitSettings = LimitSettings()
    metrics: MetricSettings = MetricSettings()
    tracing: TracingSettings = TracingSettings()
    admin: AdminSettings = AdminSettings()
    services: dict[str, ServiceSettings] = {}
    clients: dict[str, Client] = {}

    def __post_init__(self) -> None:
        if self.public_url:
            require_public_url(self.public_url)
        for origin in self.cors_origins:
            require_origin(origin)
        for name in self.clients:
            if name == DEMO_CLIENT or not _NAME.fullmatch(name):
                raise ValueError(f"clients.{name}: that cannot be the name of a client")
            if self.clients[name].smart and not self.public_url:
                raise ValueError(f"clients.{name}.smart: public_url is needed to come back to")

    def of(self, service: str) -> ServiceSettings:
        """What the site decided about that service, or the defaults."""
        return self.services.get(service, _DEFAULTS)


_DEFAULTS = ServiceSettings()


def demo_settings() -> Settings:
    """The demo: no authentication, open to the sandbox, records dated by their newest datum.

    Its discovery announces the services one by one, so that each can be looked at by itself.
    """
    return Settings(demo=True, cors_origins=SANDBOX_ORIGINS, announce="parts")
