"""One call of a service as an EHR makes it: answered, held back where it tires, and recorded."""

from cds_hooks.engine.answer import Answer
from cds_hooks.engine.fatigue import withhold
from cds_hooks.engine.model_set import Models
from cds_hooks.engine.prefetch import Fetch, nothing
from cds_hooks.engine.respond import respond
from cds_hooks.engine.service import Service
from cds_hooks.protocol.hooks import HookRequest
from cds_hooks.risk_detail.links import linked, to_detail
from cds_hooks.settings.settings import Settings
from cds_hooks.store.call_rows import Call
from cds_hooks.store.recorder import Recorder


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
