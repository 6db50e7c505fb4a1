"""Advanced liver fibrosis, where a risk factor calls for FIB-4 and FIB-4 for a second test."""

from collections.abc import Iterator

from cds_hooks.clinical.actions import offering
from cds_hooks.clinical.advice import advise
from cds_hooks.clinical.lab_rules import proves
from cds_hooks.engine.card_text import (
    cited,
    detail,
    inputs_table,
    label,
    measured,
    remarks,
)
from cds_hooks.engine.finding import Finding
from cds_hooks.engine.guidelines import fib4_bands
from cds_hooks.engine.patient import Assessed
from cds_hooks.engine.service import service
from cds_hooks.protocol.cards import Card
from predictors.predictor import Input, Kind, NotAssessed, Problem, Reason
from predictors.scores.fib4 import fib4

ENZYMES = (Input("alt", Kind.VALUE, "U/L"), Input("ast", Kind.VALUE, "U/L"))
OBESITY = Input("bmi", Kind.VALUE, "kg/m2")
OBESE = 30.0
DISEASES = ("masld", "diabetes_t2", "alcohol_use_disorder", "hepatitis_c")
UNRELIABLE = ("hematologic_malignancy", "immune_thrombocytopenia", "sepsis", "pregnancy")
"""With these platelets or enzymes change without fibrosis: the formula divides by platelets."""

ACUTE_INJURY = 200.0
"""U/L of ALT or AST; our own rule, five times a normal of 40: no published limit was found."""


@service(
    "liver-fibrosis",
    title="Liver fibrosis",
    usage_requirements="Needs AST, ALT and platelets taken within 7 days of each other.",
    uses=(fib4,),
    also=(*ENZYMES, OBESITY, *DISEASES),
    excluded=("cirrhosis", "liver_disease_severe", *UNRELIABLE, "palliative"),
    youngest=36,
    required=("patient", "conditions"),
    thresholds=("acute-injury",),
)
def liver_fibrosis(patient: Assessed) -> Iterator[Finding]:
    """Looks for advanced fibrosis by FIB-4.

    In fatty liver, type 2 diabetes, obesity and harmful alcohol use by the limits of fatty liver;
    in chronic hepatitis C alone by its own.
    """
    factors = dict(_risk_factors(patient))
    if not factors:
        raise _not_applicable("masld", "no risk factor of liver fibrosis is recorded")
    _require_no_acute_injury(patient)
    risk = patient.risk(fib4)
    index = risk["FIB-4"]
    age = patient.fact("age")
    years = min(each for each in (*age.alternatives, age.value) if isinstance(each, int | float))
    bands = "fib-4-hepatitis-c" if [*factors] == ["hepatitis_c"] else fib4_bands(years)
    if due := advise(patient, bands, prediction=index):
        found = f"FIB-4 {index.value:.2f}, {due.band.name}"
        card = Card(
            summary=found,
            indicator=due.indicator,
            source=cited(due.guideline, topic="LiverFibrosis"),
            detail=detail(
                due.text,
                f"Risk factors: {', '.join(factors.values())}.",
                inputs_table(risk, index),
                remarks=remarks(risk),
            ),
        )
        because = tuple(item for name in factors for item in patient.fact(name).basis)
        card = offering(card, *due.suggestions(patient, reason=found, because=because))
        yield Finding(card, due.over, about=index)


def _risk_factors(patient: Assessed) -> Iterator[tuple[str, str]]:
    """Each by name and in words."""
    yield from ((name, label(name)) for name in DISEASES if patient.recorded(name))
    bmi = patient.fact("bmi")
    if proves(bmi, ">=", OBESE):
        yield "bmi", f"BMI {measured(bmi)}"


def _require_no_acute_injury(patient: Assessed) -> None:
    for name in ("alt", "ast"):
        if proves(patient.fact(name), ">", patient.threshold("acute-injury", ACUTE_INJURY)):
            text = "ALT or AST is more than five times normal: FIB-4 rises with them"
            raise _not_applicable(name, text)


def _not_applicable(name: str, text: str) -> NotAssessed:
    return NotAssessed("fib-4", (Reason(name, Problem.NOT_APPLICABLE, text),))
