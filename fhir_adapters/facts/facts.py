"""What a predictor asks of a record, each answer with its unit, its basis and its remarks."""

from datetime import datetime

from fhir_adapters.facts import coded_facts
from fhir_adapters.facts.consciousness import consciousness
from fhir_adapters.facts.encounter_facts import encounter
from fhir_adapters.facts.fact import Basis, Fact, Implausible, Series, State, Value, Window
from fhir_adapters.facts.measured_facts import history, latest, mean_of_visits, newest, series
from fhir_adapters.facts.person_facts import age, onset_age, sex
from fhir_adapters.facts.pregnancy import postpartum, pregnancy
from fhir_adapters.facts.recorded_facts import (
    allergies,
    begun,
    entries,
    is_recorded,
    medication,
    unrecognised,
)
from fhir_adapters.record import PatientRecord

__all__ = [
    "Basis",
    "Fact",
    "Implausible",
    "Series",
    "State",
    "Value",
    "Window",
    "age",
    "allergies",
    "begun",
    "coded",
    "condition",
    "encounter",
    "entries",
    "history",
    "latest",
    "mean_of_visits",
    "medication",
    "newest",
    "onset_age",
    "series",
    "sex",
    "unrecognised",
]


def coded(record: PatientRecord, concept: str, *, window: Window, as_of: datetime) -> Fact:
    """The newest answer within the look-back; consciousness is read from a coma score too."""
    if concept == "avpu":
        return consciousness(record, window=window, as_of=as_of)
    return coded_facts.coded(record, concept, window=window, as_of=as_of)


def condition(record: PatientRecord, name: str, *, as_of: datetime) -> Fact:
    """Whether the chart records the condition: True, or False where there is no record of it.

    Alternatives (False, True) if the list was not (wholly) given. KeyError for an unknown name.
    """
    if name == "pregnancy":
        return pregnancy(record, as_of=as_of)
    if name == "postpartum":
        return postpartum(record, as_of=as_of)
    return is_recorded(record, name, as_of=as_of)
