"""Evaluates a patient's Bundle with every service, just as its hook would."""

from collections.abc import Container, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
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
    yield from of_resources(held, asked(settings), settings=settings, as_of=as_of, models=models)


@dataclass(frozen=True, slots=True)
class Asked:
    """The services of one hook, and the prefetch templates of all of them together."""

    hook: str
    services: tuple[Service, ...]
    templates: Mapping[str, str]


def asked(settings: Settings, chosen: Container[str] | None = None) -> tuple[Asked, ...]:
    """What is asked of each chart: of the `chosen` services, or of all, those not turned off.

    Services that only gather others are left out.
    """
    on = [
        each
        for each in services().values()
        if not each.gathers and each.mode(settings) != "off"
        if chosen is None or each.id in chosen
    ]
    hooks = [hook for hook in CONTEXTS if any(each.hook == hook for each in on)]
    return tuple(
        asked_of(tuple(each for each in on if each.hook == hook), settings) for hook in hooks
    )


def asked_of(of_hook: tuple[Service, ...], settings: Settings) -> Asked:
    """What these services, all of one hook, ask of a chart together."""
    inputs = {each for service in of_hook for each in service.inputs}
    return Asked(of_hook[0].hook, of_hook, templates(inputs, settings))


def of_resources(
    held: list[Resource],
    asked: Iterable[Asked],
    *,
    settings: Settings,
    as_of: datetime,
    models: Models,
) -> Iterator[tuple[Chart, Evaluation]]:
    """The same of the resources of one patient.

    Raises UnusableBundle if there is no Patient, and what `prefetch.read` raises.
    """
    ehr.patient_id(held)
    for each in asked:
        with suppress(UnusableBundle):
            chart = chart_of(held, each, settings=settings, as_of=as_of, models=models)
            yield from ((chart, evaluate(service, chart)) for service in each.services)


def chart_of(
    held: list[Resource], asked: Asked, *, settings: Settings, as_of: datetime, models: Models
) -> Chart:
    """The chart for the services of one hook, read once as an EHR would send it to them.

    Raises UnusableBundle if it cannot fill the hook's context, and what `prefetch.read` raises.
    """
    announced = {"hook": asked.hook, "prefetch": asked.templates}
    body = encode(ehr.hook_request(held, announced, hook_instance=NO_HOOK))
    request = read_request(body, asked.hook)
    reading = prefetch.read(asked.templates, request, site=settings.site_map)
    return Chart(reading.record, as_of, request.context, settings, models)


def hook_body(held: list[Resource], offered: OfferedService, *, hook_instance: str) -> bytes:
    """The request that an EHR with this chart sends to the service; raises UnusableBundle."""
    announced = msgspec.to_builtins(offered.announced)
    return encode(ehr.hook_request(held, announced, hook_instance=hook_instance))


def _require_one_patient(held: list[Resource]) -> None:
    if sum(each["resourceType"] == "Patient" for each in held) > 1:
        raise UnusableBundle("the Bundle holds more than one Patient")
