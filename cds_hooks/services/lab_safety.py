"""Laboratory results and drugs that call for action within hours."""

from collections.abc import Iterator

from cds_hooks.clinical.actions import offering, suggest
from cds_hooks.clinical.lab_rules import RULES, Rule, beyond, proves
from cds_hooks.engine.card_text import detail, label, measured, remarks_of, source, timed
from cds_hooks.engine.finding import Finding
from cds_hooks.engine.patient import Assessed
from cds_hooks.engine.service import service
from cds_hooks.protocol.cards import Card
from fhir_adapters.facts.facts import Fact
from predictors.predictor import Input, Kind, NotAssessed
from predictors.scores.ckd_epi_2021 import ckd_epi_2021
from predictors.scores.kdigo_aki import kdigo_aki

EGFR = Input("egfr", Kind.VALUE, "mL/min/{1.73_m2}", derived_by=ckd_epi_2021)
CREATININE = Input("creatinine", Kind.VALUE, "mg/dL", window="acute")
DRUGS = ("metformin", "anticoagulant", "nsaid")
BOTH = "both are on the medication list"


@service(
    "lab-safety",
    title="Laboratory safety",
    usage_requirements="Needs recent laboratory results; the medication list adds the drug rules.",
    uses=(kdigo_aki,),
    also=(*(r.input for r in RULES.limits.values()), EGFR, CREATININE, *DRUGS, "dialysis", "aki"),
    excluded=("palliative",),
    acute=True,
    thresholds=(*RULES.limits, "metformin"),
)
def lab_safety(patient: Assessed) -> Iterator[Finding | NotAssessed]:
    """Warns of critical potassium, sodium, glucose or haemoglobin, kidney injury, unsafe drugs."""
    for key, limit in RULES.limits.items():
        fact, threshold = patient.fact(limit.concept), patient.threshold(key, limit.limit)
        if proves(fact, limit.operator, threshold):
            yield Finding(_card(patient, limit, fact, what=_result(fact)), beyond(fact, threshold))
    if not patient.recorded("dialysis"):
        yield from _kidney(patient)
    if all(patient.recorded(drug) for drug in ("anticoagulant", "nsaid")):
        both = [patient.fact("anticoagulant"), patient.fact("nsaid")]
        yield Finding(_card(patient, RULES.anticoagulant_nsaid, *both, what=BOTH))


def _kidney(patient: Assessed) -> Iterator[Finding | NotAssessed]:
    egfr, limit = patient.fact("egfr"), patient.threshold("metformin", RULES.metformin.limit)
    if patient.recorded("metformin") and proves(egfr, "<", limit):
        card = _card(patient, RULES.metformin, egfr, what=_result(egfr))
        yield Finding(card, beyond(egfr, limit))
    if patient.recorded("aki"):
        return
    try:
        stage, baseline = patient.risk(kdigo_aki).assessment.predictions
    except NotAssessed as refusal:
        yield refusal
        return
    if stage.low >= 1:
        creatinine = patient.fact("creatinine")
        also = f"Creatinine is {stage.note}, {baseline.value:.2g} mg/dL ({baseline.note})."
        what = f"KDIGO stage {stage.value:g}, {_result(creatinine)}"
        card = _card(patient, RULES.kidney_injury, creatinine, what=what, also=also)
        yield Finding(card, stage.value, about=stage)


def _result(fact: Fact) -> str:
    return f"{label(fact.name)} {measured(fact)}, {timed(fact)}"


def _card(patient: Assessed, rule: Rule, *facts: Fact, what: str, also: str = "") -> Card:
    finding = f"{rule.finding}: {what}"
    because = tuple(item for fact in facts for item in fact.basis)
    card = Card(
        summary=finding,
        indicator=rule.indicator,
        source=source(rule.guideline, topic=f"LabSafety{rule.topic}", url=rule.url),
        detail=detail(f"**What to do:** {rule.advice}.", also, remarks=remarks_of(facts)),
    )
    actions = (suggest(key, patient, reason=finding, because=because) for key in rule.actions)
    return offering(card, *actions)
