"""What the server was started with, in one value that every endpoint reads."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import current_app

from cds_hooks.auth.authentication import Authentication
from cds_hooks.auth.limits import Limits
from cds_hooks.engine.discovery import Offer
from cds_hooks.engine.model_set import Models
from cds_hooks.fhir_client.fetch import Fetcher
from cds_hooks.model_registry.gate import Gate
from cds_hooks.risk_detail.demo_charts import DemoCharts
from cds_hooks.settings.settings import Settings
from cds_hooks.store.recorder import Recorder

EXTENSION = "cds_hooks"
"""Under which name the application holds it."""


@dataclass(frozen=True, slots=True)
class Application:
    """Everything that is made once, when the server starts.

    `settings` are the site's own; those of a client's calls are in its offer. `offers` are by
    client: the demo's one client is `DEMO_CLIENT`. `app_fetcher` reads the charts of the SMART app.
    """

    settings: Settings
    recorder: Recorder
    authentication: Authentication
    limits: Limits
    gate: Gate
    models: Models
    fetcher: Fetcher
    app_fetcher: Fetcher
    demo_charts: DemoCharts
    offers: Mapping[str, Offer]


def application() -> Application:
    """The application that answers the request at hand."""
    found: Application = current_app.extensions[EXTENSION]
    return found
