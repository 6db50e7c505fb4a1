"""What a predictor asks of a record, each answer with its unit, its basis and its remarks."""

from datetime import datetime

from fhir_adapters.facts.coded_facts import coded
from fhir_adapters.facts.encounter_facts import encounter
from fhir_adapters.facts.fact import Basis, Fact, Implausible, Series, State, Value, Window
from fhir_adapters.facts.measured_facts import history, latest, mean_of_visits, newest, series
from fhir_adapters.facts.person_facts import age, onset_age, sex
from fhir_adapters.facts.pregnancy import postpartum, pregnancy
from fhir_adapters.facts.recorded_facts import (
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


def condition(record: PatientRecord, name: str, *, as_of: datetime) -> Fact:
    """Whether the chart records the condition: True, or False where there is no record of it.

    Alternatives (False, True) if the list was not (wholly) given. KeyError for an unknown name.
    """
    if name == "pregnancy":
        return pregnancy(record, as_of=as_of)
    if name == "postpartum":
        return postpartum(record, as_of=as_of)
    return is_recorded(record, name, as_of=as_of)
