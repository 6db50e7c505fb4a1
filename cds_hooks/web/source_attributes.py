"""The route under which the source attributes of a service's predictors are served."""

from flask import Blueprint, Response, current_app

from cds_hooks.engine.service import services
from cds_hooks.model_registry.source_attributes import source_attributes
from cds_hooks.protocol.errors import NotFound
from cds_hooks.web.bodies import in_json

attributes = Blueprint("attributes", __name__)


@attributes.get("/services/<id>/source-attributes")
def show(id: str) -> Response:
    """The source attributes of every predictor that the service uses."""
    service = services().get(id)
    if service is None or service.mode(current_app.config["SETTINGS"]) == "off":
        raise NotFound("no such service")
    return in_json(source_attributes(service, current_app.config["GATE"].active))
