"""One call of a service as an EHR makes it: answered, held back where it tires, and recorded."""

from dataclasses import replace

from cds_hooks.engine.answer import Answer
from cds_hooks.engine.call import Call
from cds_hooks.engine.discovery import OfferedService
from cds_hooks.engine.fatigue import withhold
from cds_hooks.engine.model_set import Models
from cds_hooks.engine.respond import respond
from cds_hooks.protocol.hooks import Context, HookRequest
from cds_hooks.protocol.prefetch import Fetch, nothing
from cds_hooks.risk_detail.links import to_detail
from cds_hooks.store.recorder import Recorder


def answered(
    offered: OfferedService,
    request: HookRequest[Context],
    *,
    models: Models,
    recorder: Recorder,
    call: Call,
    fetch: Fetch = nothing,
) -> Answer:
    """The service's answer, as it is sent and as it is kept; raises what `respond` raises."""
    answer = respond(
        offered,
        request,
        now=call.at,
        began=call.began,
        models=models,
        fetch=fetch,
        to_detail=to_detail(offered.settings, call.client),
    )
    answer = withhold(answer, recorder.past(answer, call), now=call.at)
    kept = recorder.record(answer, call)
    return replace(answer, record=kept) if kept else answer
