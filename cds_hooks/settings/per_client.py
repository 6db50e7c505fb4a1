"""The settings of one client's calls: the site's with the client's own on top."""

from msgspec.structs import replace

from cds_hooks.settings.services import over
from cds_hooks.settings.settings import Settings


def for_client(settings: Settings, name: str) -> Settings:
    """The settings of a call of that client: the site's with the client's own on top."""
    client = settings.clients[name]
    changed = {id: over(own, settings.of(id)) for id, own in client.services.items()}
    origins = dict.fromkeys((*settings.cors_origins, *client.cors_origins))
    return replace(
        settings,
        services=settings.services | changed,
        site_map=client.site_map or settings.site_map,
        cors_origins=tuple(origins),
    )


def views(settings: Settings) -> tuple[Settings, ...]:
    """The settings of every call that there can be: each client's, or the demo's or a command's."""
    if settings.demo or not settings.clients:
        return (settings,)
    return tuple(for_client(settings, name) for name in settings.clients)
