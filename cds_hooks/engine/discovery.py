"""What is offered to EHRs: each service that is not turned off, with its prefetch templates."""

from cds_hooks.engine.prefetch import templates
from cds_hooks.engine.service import Service, services
from cds_hooks.protocol.hooks import DiscoveredService, Discovery
from cds_hooks.settings.settings import Settings


def discovery(settings: Settings) -> Discovery:
    """The answer to `GET /cds-services`."""
    on = [each for each in services().values() if each.mode(settings) != "off"]
    return Discovery(tuple(discovered(service, settings) for service in on))


def discovered(service: Service, settings: Settings) -> DiscoveredService:
    """One service as discovery announces it."""
    return DiscoveredService(
        hook=service.hook,
        id=service.id,
        title=service.title,
        description=service.description,
        usage_requirements=service.usage_requirements,
        prefetch=templates(service, settings),
    )
