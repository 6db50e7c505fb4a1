"""The route under which the source attributes of a service's predictors are served."""

from flask import Blueprint, Response, current_app

from cds_hooks.bodies import in_json
from cds_hooks.outcomes import NotFound
from cds_hooks.service import services
from cds_hooks.trained.source_attributes import source_attributes

attributes = Blueprint("attributes", __name__)


@attributes.get("/services/<id>/source-attributes")
def show(id: str) -> Response:
    """The source attributes of every predictor that the service uses."""
    service = services().get(id)
    if service is None or service.mode(current_app.config["SETTINGS"]) == "off":
        raise NotFound("no such service")
    return in_json(source_attributes(service, current_app.config["GATE"].active))
