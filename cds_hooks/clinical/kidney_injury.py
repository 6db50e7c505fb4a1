"""Acute kidney injury of this episode: its stage, whether creatinine falls, what is recorded."""

from datetime import timedelta

from cds_hooks.clinical.critical_results import value_of
from cds_hooks.engine.patient import Assessed
from fhir_adapters.facts.facts import begun
from predictors.predictor import Input, Kind, NotAssessed
from predictors.scores.kdigo_aki import kdigo_aki

EPISODE = timedelta(days=7)
"""KDIGO's time for an acute rise: an older entry is of another episode."""

CREATININE = Input("creatinine", Kind.SERIES, "mg/dL", window="acute", hours=7 * 24)


def is_recorded_now(patient: Assessed) -> bool:
    """Whether this episode is on the problem list, provisionally too; an undated entry may be."""
    dated = [begun(each) for each in patient.entries("aki")]
    return any(each is None or each.latest >= patient.as_of - EPISODE for each in dated)


def has_kidney_injury(patient: Assessed) -> bool:
    """Whether creatinine shows an acute injury, or one of this episode is recorded."""
    if patient.recorded("dialysis"):
        return False
    try:
        stage = patient.risk(kdigo_aki).assessment.predictions[0]
    except NotAssessed:
        return is_recorded_now(patient)
    return stage.low >= 1 or is_recorded_now(patient)


def is_falling(patient: Assessed) -> bool:
    """Whether the newest creatinine of the last days is below the one before."""
    results = patient.history("creatinine")
    return len(results) > 1 and value_of(results[0]) < value_of(results[1])
