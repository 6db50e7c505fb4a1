"""Laboratory results and drugs that call for action within hours."""

from collections.abc import Iterator

from cds_hooks.clinical.critical_results import critical_results
from cds_hooks.clinical.kidney_injury import CREATININE
from cds_hooks.clinical.lab_cards import critical_finding, result, rule_card
from cds_hooks.clinical.lab_changes import acute_kidney_injury, hemoglobin_fall, troponin
from cds_hooks.clinical.lab_inputs import CONDITIONS
from cds_hooks.clinical.lab_rules import RESULTS, RULES, beyond, proves
from cds_hooks.clinical.potassium import DRUGS, drug_names
from cds_hooks.engine.finding import Finding
from cds_hooks.engine.patient import Assessed
from cds_hooks.engine.service import service
from predictors.predictor import Input, Kind, NotAssessed
from predictors.scores.ckd_epi_2021 import ckd_epi_2021
from predictors.scores.kdigo_aki import kdigo_aki

EGFR = Input("egfr", Kind.VALUE, "mL/min/{1.73_m2}", derived_by=ckd_epi_2021)
BLEEDING = ("anticoagulant", "nsaid")


@service(
    "lab-safety",
    title="Laboratory safety",
    usage_requirements="Needs recent laboratory results; the medication list adds the drug rules.",
    uses=(kdigo_aki,),
    also=(*RESULTS, CREATININE, EGFR, *CONDITIONS, *DRUGS, "metformin", *BLEEDING),
    acute=True,
    any_age=True,
    thresholds=RULES.thresholds,
)
def lab_safety(patient: Assessed) -> Iterator[Finding | NotAssessed]:
    """Shows critical laboratory results, acute kidney injury and drugs that are unsafe."""
    shown = set()
    for found in critical_results(patient):
        if finding := critical_finding(patient, found):
            shown.add(found.limit.topic)
            yield finding
    if "Haemoglobin" not in shown:
        yield from hemoglobin_fall(patient)
    if "Troponin" not in shown:
        yield from troponin(patient, "troponin_i")
        yield from troponin(patient, "troponin_t")
    yield from _drugs(patient)
    if not patient.recorded("dialysis"):
        yield from acute_kidney_injury(patient)


def _drugs(patient: Assessed) -> Iterator[Finding]:
    rule, egfr = RULES.metformin, patient.fact("egfr")
    limit = patient.threshold("metformin", rule.limit)
    if patient.recorded("metformin") and proves(egfr, "<", limit):
        found = f"{rule.finding}: {result(egfr)}"
        yield Finding(rule_card(patient, rule, egfr, found=found), beyond(egfr, limit))
    if all(map(patient.recorded, BLEEDING)):
        rule = RULES.anticoagulant_nsaid
        named = " and ".join(", ".join(drug_names(patient, each)) for each in BLEEDING)
        facts = map(patient.fact, BLEEDING)
        yield Finding(rule_card(patient, rule, *facts, found=f"{rule.finding}: {named}"))
