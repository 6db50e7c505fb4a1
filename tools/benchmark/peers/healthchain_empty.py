"""HealthChain with a handler that does nothing: what its framework alone costs."""

from healthchain.gateway import CDSHooksService, HealthChainAPI
from healthchain.models import Card, CDSResponse
from healthchain.models.requests.cdsrequest import CDSRequest

service = CDSHooksService()


@service.hook("patient-view", id="patient-risks")
def answer(request: CDSRequest) -> CDSResponse:
    """One card that never changes."""
    return CDSResponse(
        cards=[Card(summary="fixed", indicator="info", source={"label": "bench"}, detail="fixed")]
    )


app = HealthChainAPI()
app.register_service(service)
