"""Evaluates a patient's Bundle with every service, just as its hook would."""

from collections.abc import Container, Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from uuid import UUID

import msgspec

from cds_hooks.bundles import ehr
from cds_hooks.bundles.ehr import UnusableBundle
from cds_hooks.bundles.fhir_search import Resource
from cds_hooks.engine import prefetch
from cds_hooks.engine.chart import Chart
from cds_hooks.engine.discovery import OfferedService
from cds_hooks.engine.evaluation import Evaluation, evaluate
from cds_hooks.engine.model_set import Models
from cds_hooks.engine.prefetch_templates import templates
from cds_hooks.engine.service import Service, services
from cds_hooks.protocol.hooks import CONTEXTS
from cds_hooks.protocol.json import encode, read_request
from cds_hooks.settings.settings import Settings

NO_HOOK = str(UUID(int=0))
"""The hook instance of a request that no EHR sent."""


def evaluations(
    bundle: bytes, *, settings: Settings, as_of: datetime, models: Models
) -> Iterator[tuple[Chart, Evaluation]]:
    """What each service that the site has not turned off makes of the patient, as of that moment.

    The chart is read once for all services of a hook; those of a hook whose context it cannot fill
    are left out. Raises UnusableBundle if the Bundle is not of one patient, and what
    `prefetch.read` raises.
    """
    held = ehr.resources(bundle)
    _require_one_patient(held)
    yield from of_resources(held, settings=settings, as_of=as_of, models=models)


def of_resources(
    held: list[Resource],
    *,
    settings: Settings,
    as_of: datetime,
    models: Models,
    chosen: Container[str] | None = None,
) -> Iterator[tuple[Chart, Evaluation]]:
    """The same of the resources of one patient, and of the `chosen` services alone if they are.

    Raises UnusableBundle if there is no Patient, and what `prefetch.read` raises.
    """
    ehr.patient_id(held)
    for hook in CONTEXTS:
        asked = (each for each in _asked(settings) if chosen is None or each.id in chosen)
        on = [each for each in asked if each.hook == hook]
        with suppress(UnusableBundle):
            chart = chart_of(held, on, hook, settings=settings, as_of=as_of, models=models)
            yield from ((chart, evaluate(each, chart)) for each in on)


def _asked(settings: Settings) -> Iterator[Service]:
    """Those that the site has not turned off, but for those that only gather others."""
    for service in services().values():
        if not service.gathers and service.mode(settings) != "off":
            yield service


def chart_of(
    held: list[Resource],
    asked: Iterable[Service],
    hook: str,
    *,
    settings: Settings,
    as_of: datetime,
    models: Models,
) -> Chart:
    """The chart for these services of one hook, read once as an EHR would send it to them.

    Raises UnusableBundle if it cannot fill the hook's context, and what `prefetch.read` raises.
    """
    wanted = templates({each for service in asked for each in service.inputs}, settings)
    announced = {"hook": hook, "prefetch": wanted}
    body = encode(ehr.hook_request(held, announced, hook_instance=NO_HOOK))
    request = read_request(body, hook)
    reading = prefetch.read(wanted, request, site=settings.site_map)
    return Chart(reading.record, as_of, request.context, settings, models)


def hook_body(held: list[Resource], offered: OfferedService, *, hook_instance: str) -> bytes:
    """The request that an EHR with this chart sends to the service; raises UnusableBundle."""
    announced = msgspec.to_builtins(offered.announced)
    return encode(ehr.hook_request(held, announced, hook_instance=hook_instance))


def _require_one_patient(held: list[Resource]) -> None:
    if sum(each["resourceType"] == "Patient" for each in held) > 1:
        raise UnusableBundle("the Bundle holds more than one Patient")
