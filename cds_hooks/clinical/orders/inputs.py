"""What the rules on orders read of a chart."""

from cds_hooks.clinical.end_of_life import COMFORT
from cds_hooks.clinical.orders.rule_table import LISTED, RULES
from fhir_adapters.terminology.value_sets import concepts
from predictors.predictor import Input, Kind, Predictor
from predictors.scores.ckd_epi_2021 import ckd_epi_2021
from predictors.scores.cockcroft_gault import cockcroft_gault
from predictors.scores.kdigo_aki import kdigo_aki

USES: tuple[Predictor, ...] = (cockcroft_gault, kdigo_aki)
"""The scores that checks ask for."""

_GENOTYPES = tuple(
    Input(key, Kind.CODE) for key, concept in concepts().items() if concept.group == "genomic"
)

MEASURED: tuple[Input, ...] = (
    Input("age", Kind.AGE, "a"),
    Input("sex", Kind.SEX),
    Input("weight", Kind.VALUE, "kg"),
    Input("creatinine", Kind.VALUE, "mg/dL"),
    Input("egfr", Kind.VALUE, "mL/min/{1.73_m2}", derived_by=ckd_epi_2021),
    Input("potassium", Kind.VALUE, "mmol/L"),
    Input("inr", Kind.VALUE, "{INR}", window="acute"),
    Input("qtc", Kind.VALUE, "ms"),
    Input("allergies", Kind.ALLERGY),
    *_GENOTYPES,
)
"""The facts that checks read beside conditions and drug classes."""

CHART = ("pregnancy", "aki", "dialysis", "hospital_stay", "heart_failure", "sepsis")
"""What checks read of the chart's lists beside what their rules name."""

INPUTS: tuple[str | Input, ...] = (*dict.fromkeys((*LISTED, *CHART, COMFORT)), *MEASURED)
"""Everything that the service declares."""

THRESHOLDS = tuple(key for key, rule in RULES.items() if rule.limit)
"""The keys of what a site may set."""
