"""What a service makes of a chart: how far over its thresholds, and every assessment on the way."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cds_hooks.engine.evaluation import asked, predictor_of
from cds_hooks.engine.patient import Risk
from cds_hooks.engine.service import services
from predictors.predictor import Refusal
from predictors.scores.cha2ds2_va import cha2ds2_va
from tests.cds_hooks.engine.evaluated import chart, evaluated
from tests.charts import (
    ATRIAL_FIBRILLATION,
    DIABETES,
    HYPERTENSION,
    METFORMIN,
    NOW,
    Resource,
    at_risk,
    order,
    patient,
    problem,
    result,
)

AF = (patient(), problem(ATRIAL_FIBRILLATION), problem(HYPERTENSION), problem(DIABETES))
KIDNEY = (
    patient(),
    result("creatinine", 2.9),
    result("creatinine", 1.2, "2026-03-13T12:30:00Z"),
)


def _over(service_id: str, *resources: Resource) -> float:
    (finding,) = evaluated(service_id, *resources).findings
    return finding.over


@pytest.mark.parametrize(
    ("concept", "value", "over"),
    [
        ("potassium", 6.0, 1.0),
        ("potassium", 7.8, 1.2),
        ("sodium", 114, 1.05),
        ("glucose", 44, 1.2),
        ("glucose", 900, 2.0),
    ],
)
def test_a_result_is_over_its_limit_by_its_distance_from_it(
    concept: str, value: float, over: float
) -> None:
    assert _over("lab-safety", patient(), result(concept, value)) == pytest.approx(over)


def test_a_score_is_over_where_its_guideline_first_advises_something() -> None:
    assert _over("af-stroke-risk", *AF) == 2.0


def test_a_probability_is_over_where_its_guideline_first_advises_something() -> None:
    found = evaluated("cardiovascular-risk", patient(), *at_risk())
    (risk,) = [each for each in found.assessments if asked(each) == "prevent"]
    assert isinstance(risk, Risk)
    assert found.findings[0].over == pytest.approx(
        max(risk["ASCVD"].value / 0.03, risk["CVD"].value / 0.075)
    )


def test_a_stage_counts_from_the_first() -> None:
    assert _over("lab-safety", *KIDNEY) == 2.0


def test_metformin_is_over_by_how_far_the_egfr_is_below_the_limit() -> None:
    old = (patient(), result("creatinine", 2.9, "2026-02-01"), order(METFORMIN))
    assert 1.0 < _over("lab-safety", *old) < 2.0


def test_what_could_not_be_computed_is_over_nothing() -> None:
    resources = [each for each in at_risk() if not each["id"].startswith("hdl")]
    assert _over("cardiovascular-risk", patient(), *resources) == 0.0


def test_every_predictor_that_was_asked_is_among_the_assessments_once() -> None:
    found = evaluated("cardiovascular-risk", patient(), *at_risk())
    assert [asked(each) for each in found.assessments] == ["prevent", "prevent-30-years"]


def test_a_refusal_that_the_service_made_do_without_is_among_them() -> None:
    found = evaluated("cardiovascular-risk", patient(), *at_risk())
    assert found.reasons == ()
    assert isinstance(found.assessments[1], Refusal)


def test_what_only_derives_an_input_is_no_assessment_of_its_own() -> None:
    found = evaluated("cardiovascular-risk", patient(), *at_risk())
    assert "ckd-epi-2021" not in map(asked, found.assessments)


def test_a_service_that_is_not_for_the_patient_refuses_as_itself() -> None:
    found = evaluated("palliative-planning", patient())
    (refusal,) = found.assessments
    assert isinstance(refusal, Refusal)
    assert refusal.reasons == found.reasons
    assert asked(refusal) == "palliative-planning"
    assert predictor_of(found.service, refusal) is None


def test_the_predictor_of_a_refusal_is_known() -> None:
    found = evaluated("lab-safety", patient())
    (refusal,) = found.assessments
    predictor = predictor_of(found.service, refusal)
    assert predictor
    assert predictor.name == "kdigo-aki"


def test_risks_of_an_earlier_moment_are_not_observed() -> None:
    seen: list[object] = []
    service = services()["af-stroke-risk"]
    shown = chart("af-stroke-risk", *AF).shown_to(service)
    observing = replace(shown, observe=seen.append)
    observing.before(NOW - timedelta(days=1)).risk(cha2ds2_va)
    assert seen == []
    observing.risk(cha2ds2_va)
    assert len(seen) == 1


@pytest.mark.parametrize("born", [None, "2031-01-01", "1900-01-01", "unknown"])
def test_of_an_unknown_age_only_what_cannot_wait_is_shown_and_says_so(born: str | None) -> None:
    chart = patient(birthDate=born), result("potassium", 6.7), order(METFORMIN)
    evaluation = evaluated("lab-safety", *chart, result("sodium", 131))
    assert [each.card.indicator for each in evaluation.findings] == ["critical"]
    (finding,) = evaluation.findings
    assert str(finding.card.detail).startswith("**The age is not known: ")
    assert "The thresholds are those of adults." in str(finding.card.detail)
    assert evaluation.reasons[0].input == "age"


def test_of_an_unknown_age_no_adults_advice_is_shown() -> None:
    evaluation = evaluated("af-stroke-risk", patient(birthDate="2031-01-01"), *AF[1:])
    assert evaluation.findings == ()
    reason = evaluation.reasons[0]
    assert (reason.input, reason.text) == (
        "age",
        "the age is not known: the birth date is in the future",
    )


def test_an_age_that_is_known_in_part_is_known() -> None:
    evaluation = evaluated("lab-safety", patient(birthDate="1960"), result("potassium", 6.7))
    (finding,) = evaluation.findings
    assert "not known" not in str(finding.card.detail)
