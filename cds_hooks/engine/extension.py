"""The answer to "why no card?": what was not assessed, not used or withheld, and why."""

from collections import Counter
from collections.abc import Sequence

from cds_hooks.engine.chart import Chart
from cds_hooks.engine.evaluation import Evaluation
from fhir_adapters.record import Availability
from predictors.predictor import Reason

EXTENSION = "internal.cds-hooks-server.assessment"
"""The extension's name: reverse-domain, under the private-use domain `.internal`."""

MOST_DROPPED = 20
"""How many unused resources are named one by one; of the rest only the count is sent."""


def extension(
    chart: Chart,
    evaluations: Sequence[Evaluation],
    withheld: Sequence[tuple[str, str]] = (),
    *,
    record: str = "",
) -> dict[str, object]:
    """The response's extension: what each evaluation lacked, and what of the chart was not used.

    The first evaluation is of the service that was called, those after it of the services that it
    gathers; what model versions on trial made is left out. `withheld` are the topics of the cards
    that are withheld, each with the reason. `record` says where the call is kept, if not in the
    database. {} if there is nothing to tell.
    """
    own, *gathered = (each for each in evaluations if not each.shadow)
    told = {
        "notAssessed": [
            *map(_reason, own.reasons),
            *(
                {"service": part.service.id, **_reason(reason)}
                for part in gathered
                for reason in part.reasons
            ),
        ],
        "late": [part.service.id for part in gathered if part.unanswered == "late"],
        "failed": [part.service.id for part in gathered if part.unanswered == "failed"],
        **_not_used(chart),
        "withheld": [{"topic": topic, "reason": reason} for topic, reason in withheld],
        "record": record,
    }
    said = {key: value for key, value in told.items() if value}
    return {EXTENSION: said} if said else {}


def _not_used(chart: Chart) -> dict[str, object]:
    record = chart.record
    return {
        "notUsed": dict(sorted(Counter(item.code.value for item in record.dropped).items())),
        "notUsedBecause": [
            {"reference": item.source.reference or "unidentified", "reason": item.text}
            for item in record.dropped[:MOST_DROPPED]
        ],
        "incomplete": {
            key: state.value
            for key, state in sorted(record.availability.items())
            if state is not Availability.ANSWERED
        },
        "notFetched": dict(sorted(chart.unfetched.items())),
    }


def _reason(reason: Reason) -> dict[str, str]:
    told = {"input": reason.input, "problem": reason.problem.value, "text": reason.text}
    return {key: value for key, value in told.items() if value}
