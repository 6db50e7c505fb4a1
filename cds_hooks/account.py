"""The answer to "why no card?": what was not assessed, and what was not used, and why."""

from collections import Counter
from collections.abc import Sequence

from fhir_adapters.record import Availability, PatientRecord
from predictors.predictor import Reason

EXTENSION = "internal.cds-hooks-server.assessment"
"""The extension's name: reverse-domain, under the private-use domain `.internal`."""

MOST_DROPPED = 20
"""How many unused resources are named one by one; of the rest only the count is sent."""


def account(record: PatientRecord, reasons: Sequence[Reason]) -> dict[str, object]:
    """What was not assessed, what was not used, and which prefetch keys are incomplete."""
    told: dict[str, object] = {
        "notAssessed": [_reason(reason) for reason in reasons],
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
    }
    return {key: value for key, value in told.items() if value}


def _reason(reason: Reason) -> dict[str, str]:
    told = {"input": reason.input, "problem": reason.problem.value, "text": reason.text}
    return {key: value for key, value in told.items() if value}
