"""What is offered to EHRs: each service that is not turned off, with its prefetch templates."""

from cds_hooks.config import Settings
from cds_hooks.hooks import DiscoveredService, Discovery
from cds_hooks.prefetch import templates
from cds_hooks.service import Service, services


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
