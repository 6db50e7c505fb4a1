"""The route under which the source attributes of a service's predictors are served."""

from flask import Blueprint, Response

from cds_hooks.engine.service import services
from cds_hooks.model_registry.source_attributes import source_attributes
from cds_hooks.protocol.errors import NotFound
from cds_hooks.web.application import application
from cds_hooks.web.bodies import in_json

attributes = Blueprint("attributes", __name__)


@attributes.get("/services/<id>/source-attributes")
def show(id: str) -> Response:
    """The source attributes of every predictor that the service uses."""
    service = services().get(id)
    app = application()
    if service is None or service.mode(app.settings) == "off":
        raise NotFound("no such service")
    return in_json(source_attributes(service, app.gate.active))
