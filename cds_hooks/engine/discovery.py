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
    """Every service under the settings of one client's calls, by id, and their announcement.

    `discovery` is what a client subscribes to, `catalogue` every service that it may call.
    """

    settings: Settings
    services: Mapping[str, OfferedService]
    discovery: Discovery
    catalogue: Discovery


def offer(settings: Settings) -> Offer:
    """Every service under these settings; those that are off are not announced."""
    found = {id: offered(service, settings) for id, service in services().items()}
    on = [each for each in found.values() if each.mode != "off"]
    left_out = _unannounced(on, settings)
    return Offer(
        settings=settings,
        services=found,
        discovery=Discovery(tuple(e.announced for e in on if e.service.id not in left_out)),
        catalogue=Discovery(tuple(each.announced for each in on)),
    )


def _unannounced(on: list[OfferedService], settings: Settings) -> set[str]:
    """The services whose cards a client that subscribes to the others is shown anyway."""
    gathering = [each for each in on if each.mode == "live" and each.parts]
    match settings.announce:
        case "all":
            return set()
        case "parts":
            return {each.service.id for each in gathering}
        case "gathered":
            return {part.service.id for each in gathering for part in each.parts}
