"""HealthChain with a handler that reads each prefetched resource with fhir.resources."""

from fhir.resources.R4B import get_fhir_model_class
from healthchain.gateway import CDSHooksService, HealthChainAPI
from healthchain.models import Card, CDSResponse
from healthchain.models.requests.cdsrequest import CDSRequest

service = CDSHooksService()


@service.hook("patient-view", id="patient-risks")
def answer(request: CDSRequest) -> CDSResponse:
    """One card that never changes, once everything was read."""
    for resource in filter(None, (request.prefetch or {}).values()):
        get_fhir_model_class(resource["resourceType"]).model_validate(resource)
    return CDSResponse(
        cards=[Card(summary="fixed", indicator="info", source={"label": "bench"}, detail="fixed")]
    )


app = HealthChainAPI()
app.register_service(service)
