"""A service as a client is offered it: what depends on service and site alone, worked out once."""

from collections.abc import Mapping
from dataclasses import dataclass

from cds_hooks.engine.prefetch_templates import templates
from cds_hooks.engine.service import Service, services
from cds_hooks.protocol.hooks import HOOK_VERSION, DiscoveredService, Discovery
from cds_hooks.settings.services import Mode
from cds_hooks.settings.settings import Settings


@dataclass(frozen=True, slots=True)
class OfferedService:
    """A service with the settings of a client's calls, and what follows from both.

    `templates` are the prefetch templates by key, `parts` the services that it gathers.
    """

    service: Service
    settings: Settings
    mode: Mode
    templates: Mapping[str, str]
    parts: tuple["OfferedService", ...]

    @property
    def announced(self) -> DiscoveredService:
        """The service as discovery announces it."""
        service = self.service
        return DiscoveredService(
            hook=service.hook,
            id=service.id,
            title=service.title,
            description=service.description,
            usage_requirements=service.usage_requirements,
            prefetch=dict(self.templates),
            hook_version=HOOK_VERSION,
        )


def offered(service: Service, settings: Settings) -> OfferedService:
    """The service under these settings."""
    own = settings.of(service.id).prefetch
    return OfferedService(
        service=service,
        settings=settings,
        mode=service.mode(settings),
        templates=templates(service.reads(settings), settings) | own,
        parts=tuple(offered(part, settings) for part in service.parts(settings)),
    )


@dataclass(frozen=True, slots=True)
class Offer:
    """Every service under the settings of one client's calls, by id, and their announcement."""

    settings: Settings
    services: Mapping[str, OfferedService]
    discovery: Discovery


def offer(settings: Settings) -> Offer:
    """Every service under these settings; those that are off are not announced."""
    found = {id: offered(service, settings) for id, service in services().items()}
    on = (each.announced for each in found.values() if each.mode != "off")
    return Offer(settings, found, Discovery(tuple(on)))
