"""Whether the patient is acutely ill now, whatever the problem list names: no time for prevention.

A stay in hospital or an emergency visit says so, and a critical result that stands says so where no
visit was given or none says what it is.
"""

from dataclasses import replace

from cds_hooks.clinical.critical_results import critical_results
from cds_hooks.clinical.lab_inputs import STABLE
from cds_hooks.clinical.lab_rules import RESULTS
from cds_hooks.engine.card_text import label, measured, timed
from cds_hooks.engine.patient import Assessed
from fhir_adapters.facts.facts import State
from predictors.predictor import Input, Problem, Reason

VISIT = "acute_visit"
INPUTS: tuple[str | Input, ...] = (
    VISIT,
    "infection_suspected",
    *STABLE,
    *RESULTS,
)
"""What is read for it, to be declared before what the service itself asks of the same results."""

_SERIES = {each.name: each for each in RESULTS}


def acutely_ill(patient: Assessed) -> Reason | None:
    """Why the patient is, or may be, acutely ill; None where nothing given says so."""
    visit = patient.fact(VISIT)
    if visit.alternatives and visit.state is State.NO_RECORD:
        text = "a visit is under way, and may be an admission"
        return Reason(VISIT, Problem.TOO_UNCERTAIN, text)
    as_series = replace(patient, declared={**patient.declared, **_SERIES})
    for each in critical_results(as_series):
        if each.limit.indicator == "critical" and not (each.known or each.unrepeated):
            told = f"{label(each.fact.name)} {measured(each.fact)}, {timed(each.fact)}"
            return Reason(each.fact.name, Problem.NOT_APPLICABLE, f"a critical result: {told}")
    return None
