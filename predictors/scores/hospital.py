"""Avoidable readmission within 30 days: HOSPITAL scores, doi:10.1001/jamainternmed.2013.3023."""

import math
from typing import Annotated

from predictors.points import Criterion, banded, falling, once, rising, total
from predictors.predictor import Prediction
from predictors.score import condition, score, stated, value, visited

POPULATION = "Adults leaving a medical ward alive for home."
ADMISSIONS_2013 = ((0.0, 0.0), (5.0, 2.0), (math.inf, 5.0))
ADMISSIONS_2016 = ((1.0, 0.0), (5.0, 2.0), (math.inf, 5.0))

Haemoglobin = Annotated[float, value("g/dL", window="acute")]
Sodium = Annotated[float, value("mmol/L", window="acute")]
Oncology = Annotated[bool, stated("Discharge from an oncology ward")]
Procedure = Annotated[bool, stated("Procedure during the stay")]
Urgent = Annotated[bool, visited()]
Admissions = Annotated[float, visited("{#}", 0)]
Stay = Annotated[float, visited("d", 0)]


@score(
    "hospital-2013",
    title="HOSPITAL score (2013)",
    version="2013",
    citation="Donze J et al. JAMA Intern Med 2013;173:632-8",
    url="https://doi.org/10.1001/jamainternmed.2013.3023",
    population=POPULATION,
)
def hospital_2013(
    *,
    hemoglobin: Haemoglobin,
    oncology_discharge: Oncology,
    sodium: Sodium,
    procedure_during_stay: Procedure,
    urgent_admission: Urgent,
    inpatient_visits: Admissions,
    inpatient_days: Stay,
) -> tuple[Prediction, ...]:
    """Scores 0 to 13; one to five earlier admissions count 2."""
    criteria = (
        *_results(hemoglobin, sodium),
        *_stay(inpatient_days, urgent_admission),
        once(2, oncology_discharge=oncology_discharge),
        once(1, procedure_during_stay=procedure_during_stay),
        banded("inpatient_visits", inpatient_visits, ADMISSIONS_2013),
    )
    return (_banded_risk("HOSPITAL (2013)", criteria),)


@score(
    "hospital-2016",
    title="HOSPITAL score (2016)",
    version="2016",
    citation="Donze JD et al. JAMA Intern Med 2016;176:496-502",
    url="https://doi.org/10.1001/jamainternmed.2015.8462",
    population=POPULATION,
)
def hospital_2016(
    *,
    hemoglobin: Haemoglobin,
    oncology_discharge: Oncology,
    sodium: Sodium,
    procedure_during_stay: Procedure,
    urgent_admission: Urgent,
    inpatient_visits: Admissions,
    inpatient_days: Stay,
) -> tuple[Prediction, ...]:
    """Scores 0 to 13; two to five earlier admissions count 2, a single one nothing."""
    criteria = (
        *_results(hemoglobin, sodium),
        *_stay(inpatient_days, urgent_admission),
        once(2, oncology_discharge=oncology_discharge),
        once(1, procedure_during_stay=procedure_during_stay),
        banded("inpatient_visits", inpatient_visits, ADMISSIONS_2016),
    )
    return (_banded_risk("HOSPITAL (2016)", criteria),)


@score(
    "hospital-simplified",
    title="Simplified HOSPITAL score",
    version="2017",
    citation="Aubert CE et al. BMJ Qual Saf 2017;26:799-805",
    url="https://doi.org/10.1136/bmjqs-2016-006239",
    population=POPULATION,
    discrimination="AUROC 0.69, prospectively 0.66; intervals are not given here",
)
def hospital_simplified(
    *,
    hemoglobin: Haemoglobin,
    malignancy: Annotated[bool, condition()],
    sodium: Sodium,
    urgent_admission: Urgent,
    inpatient_visits: Admissions,
    inpatient_days: Stay,
    oncology_discharge: Annotated[bool | None, stated("Discharge from an oncology ward")] = None,
) -> tuple[Prediction, ...]:
    """Scores 0 to 12: without procedures, and any cancer counts as an oncology discharge does."""
    return (
        total(
            "HOSPITAL (simplified)",
            *_results(hemoglobin, sodium),
            *_stay(inpatient_days, urgent_admission),
            once(2, malignancy=malignancy, oncology_discharge=oncology_discharge),
            banded("inpatient_visits", inpatient_visits, ADMISSIONS_2016),
        ),
    )


def _results(hemoglobin: float, sodium: float) -> tuple[Criterion, ...]:
    return (
        falling("hemoglobin", hemoglobin, ((12, 1),)),
        falling("sodium", sodium, ((135, 1),)),
    )


def _stay(days: float, urgent: bool) -> tuple[Criterion, ...]:
    return once(1, urgent_admission=urgent), rising("inpatient_days", days, ((5, 2),))


def _banded_risk(outcome: str, criteria: tuple[Criterion, ...]) -> Prediction:
    points = total(outcome, *criteria).value
    band = "high" if points >= 7 else "intermediate" if points >= 5 else "low"
    return total(outcome, *criteria, note=band)
