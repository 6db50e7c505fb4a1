"""One call of a service as an EHR makes it: answered, held back where it tires, and recorded."""

from cds_hooks.answer import Answer
from cds_hooks.assess import respond
from cds_hooks.config import Settings
from cds_hooks.details.links import linked, to_detail
from cds_hooks.fatigue import withhold
from cds_hooks.hooks import HookRequest
from cds_hooks.models import Models
from cds_hooks.prefetch import Fetch, nothing
from cds_hooks.service import Service
from cds_hooks.store.recorder import Recorder
from cds_hooks.store.records import Call


def answered(
    service: Service,
    request: HookRequest,
    *,
    settings: Settings,
    models: Models,
    recorder: Recorder,
    call: Call,
    fetch: Fetch = nothing,
) -> Answer:
    """The service's answer, as it is sent and as it is kept; raises what `respond` raises."""
    answer = respond(service, request, settings=settings, now=call.at, models=models, fetch=fetch)
    answer = linked(answer, to_detail(settings, call.client))
    answer = withhold(answer, recorder.past(answer, call), now=call.at)
    recorder.record(answer, call)
    return answer
