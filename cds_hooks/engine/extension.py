"""The answer to "why no card?": what was not assessed, and what was not used, and why."""

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


def account(
    chart: Chart, evaluation: Evaluation, gathered: Sequence[Evaluation] = ()
) -> dict[str, object]:
    """What was not assessed, what was not used, and which prefetch keys are incomplete, and why.

    Of the services that were gathered also which of them are late, or failed.
    """
    record = chart.record
    told: dict[str, object] = {
        "notAssessed": [
            *map(_reason, evaluation.reasons),
            *(
                {"service": part.service.id, **_reason(reason)}
                for part in gathered
                for reason in part.reasons
            ),
        ],
        "late": [part.service.id for part in gathered if part.unanswered == "late"],
        "failed": [part.service.id for part in gathered if part.unanswered == "failed"],
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
    return {key: value for key, value in told.items() if value}


def _reason(reason: Reason) -> dict[str, str]:
    told = {"input": reason.input, "problem": reason.problem.value, "text": reason.text}
    return {key: value for key, value in told.items() if value}
