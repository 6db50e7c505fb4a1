"""What end-of-life care changes: comfort measures now turn alarms into information.

Palliative care is not the last days of life, and a resuscitation order is about one event: neither
mutes anything.
"""

from datetime import timedelta

from cds_hooks.engine.patient import Assessed
from fhir_adapters.facts.facts import begun
from predictors.predictor import Problem, Reason

NOW = timedelta(days=30)
"""How old a record of comfort measures or last days may be to be about now; undated, it is not."""

COMFORT = "comfort_measures"
NO_SCORE = Reason("", Problem.NOT_APPLICABLE, "comfort measures are recorded: no score is shown")


def comfort_measures_now(patient: Assessed) -> bool:
    """Whether comfort measures or the last days of life are recorded of the last weeks."""
    if not patient.recorded(COMFORT):
        return False
    dated = (begun(each) for each in patient.entries(COMFORT))
    return any(each and each.latest >= patient.as_of - NOW for each in dated)
