"""Evaluates a patient's Bundle with every service, just as the hook would: for files, not EHRs."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

import msgspec

from cds_hooks.bundles import ehr
from cds_hooks.bundles.ehr import UnusableBundle
from cds_hooks.bundles.fhir_search import Resource
from cds_hooks.engine.chart import Chart
from cds_hooks.engine.discovery import discovered
from cds_hooks.engine.evaluation import Evaluation, evaluate
from cds_hooks.engine.model_set import Models
from cds_hooks.engine.respond import opened
from cds_hooks.engine.service import Service, services
from cds_hooks.protocol.json import encode, read_request
from cds_hooks.settings.settings import Settings

NO_HOOK = str(UUID(int=0))
"""The hook instance of a request that no EHR sent."""


def evaluations(
    bundle: bytes, *, settings: Settings, as_of: datetime, models: Models
) -> Iterator[tuple[Chart, Evaluation]]:
    """What each service that the site has not turned off makes of the patient, as of that moment.

    Raises UnusableBundle if the Bundle is not of one patient, and what `prefetch.read` raises.
    """
    held = ehr.resources(bundle)
    _require_one_patient(held)
    for service in services().values():
        if service.gathers or service.mode(settings) == "off":
            continue
        body = hook_body(held, service, settings, hook_instance=NO_HOOK)
        chart = opened(service, read_request(body), settings=settings, now=as_of, models=models)
        yield chart, evaluate(service, chart)


def hook_body(
    held: list[Resource], service: Service, settings: Settings, *, hook_instance: str
) -> bytes:
    """The request that an EHR with this chart sends to the service; raises UnusableBundle."""
    described = msgspec.to_builtins(discovered(service, settings))
    return encode(ehr.hook_request(held, described, hook_instance=hook_instance))


def _require_one_patient(held: list[Resource]) -> None:
    if sum(each["resourceType"] == "Patient" for each in held) > 1:
        raise UnusableBundle("the Bundle holds more than one Patient")
