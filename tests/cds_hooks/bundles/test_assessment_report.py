"""The report on a patient reads as a clinician or an integrator would ask for it."""

from cds_hooks.bundles.assessment_report import report
from tests.cds_hooks.engine.evaluated import chart, evaluated
from tests.charts import ATRIAL_FIBRILLATION, HYPERTENSION, at_risk, patient, problem, result


def _lines(service_id: str, *resources: dict[str, object]) -> list[str]:
    made = [(chart(service_id, *resources), evaluated(service_id, *resources))]
    name, *lines = report("chart.json", made).splitlines()
    assert name == "chart.json"
    return [line.strip() for line in lines]


def test_each_assessment_is_told_and_then_the_cards() -> None:
    title, score, *_, card = _lines(
        "af-stroke-risk", patient(), problem(ATRIAL_FIBRILLATION), problem(HYPERTENSION)
    )
    assert title == "Stroke risk in atrial fibrillation"
    assert score == "CHA2DS2-VA: CHA2DS2-VA 1"
    assert card == "[INFO] Atrial fibrillation: CHA2DS2-VA 1, no anticoagulant on the list"


def test_probabilities_are_percentages() -> None:
    _, prevent, later, _ = _lines("cardiovascular-risk", patient(), *at_risk())
    assert prevent.startswith("PREVENT (10 years): CVD 15 %, ASCVD 11 %, HF 6.5 %")
    assert later.startswith("PREVENT (30 years): not assessed: Age 62 is outside")


def test_another_number_has_its_unit_and_its_note() -> None:
    creatinine = (result("creatinine", 2.9), result("creatinine", 1.2, "2026-03-13T12:30:00Z"))
    _, stage, _ = _lines("lab-safety", patient(), *creatinine)
    assert stage == (
        "KDIGO acute kidney injury stage: AKI stage 2 (2.4 times the baseline), "
        "baseline creatinine 1.2 mg/dL (lowest of the 7 days before)"
    )


def test_a_service_that_is_not_for_the_patient_says_why() -> None:
    _, why = _lines("palliative-planning", patient())
    assert why == "not assessed: Inpatient stay: no active record"
