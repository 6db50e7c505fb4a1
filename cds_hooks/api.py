"""What a service or a score is written with, from one place: stable, while the rooms may change.

A name is taken away or changes its meaning only with a new major version, and CHANGELOG.md says so.
A score inside `predictors` imports the same names from `predictors` itself, which knows no server.
"""

from cds_hooks.clinical.actions import offering, suggest
from cds_hooks.clinical.advice import Advice, advise, most_urgent
from cds_hooks.clinical.lab_rules import beyond, proves
from cds_hooks.clinical.model_cards import alert_of, comparator, model_detail, trend
from cds_hooks.engine.card_text import (
    cited,
    computed,
    dated,
    detail,
    escape,
    evidence_table,
    frequency,
    inputs_table,
    label,
    measured,
    percent,
    points,
    remarks,
    remarks_of,
    source,
    span,
    taken,
    timed,
    validity,
)
from cds_hooks.engine.finding import Finding
from cds_hooks.engine.patient import Assessed, Risk
from cds_hooks.engine.service import Service, service
from cds_hooks.protocol.cards import Card, Suggestion
from fhir_adapters.facts.fact import Fact
from predictors.predictor import Input, Kind, NotAssessed, Prediction, Problem, Reason, predict
from predictors.score import age, score, value

__all__ = [
    "Advice",
    "Assessed",
    "Card",
    "Fact",
    "Finding",
    "Input",
    "Kind",
    "NotAssessed",
    "Prediction",
    "Problem",
    "Reason",
    "Risk",
    "Service",
    "Suggestion",
    "advise",
    "age",
    "alert_of",
    "beyond",
    "cited",
    "comparator",
    "computed",
    "dated",
    "detail",
    "escape",
    "evidence_table",
    "frequency",
    "inputs_table",
    "label",
    "measured",
    "model_detail",
    "most_urgent",
    "offering",
    "percent",
    "points",
    "predict",
    "proves",
    "remarks",
    "remarks_of",
    "score",
    "service",
    "source",
    "span",
    "suggest",
    "taken",
    "timed",
    "trend",
    "validity",
    "value",
]
