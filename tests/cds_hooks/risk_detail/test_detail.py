"""The detail of a risk: of what the card tells, from the whole chart, and exact."""

import math

import pytest

from cds_hooks.engine.card_text import number
from cds_hooks.engine.evaluation import evaluate
from cds_hooks.engine.service import services
from cds_hooks.risk_detail.detail import Explained, detail_of
from cds_hooks.web.detail_page import explanation
from predictors.predictor import NotAssessed
from tests.cds_hooks.risk_detail.opened_details import chart_of, detail_for
from tests.charts import ALL_LIVE

TELLING = (
    "af-stroke-risk",
    "breast-cancer-recurrence",
    "cardiovascular-risk",
    "early-warning",
    "icu-mortality-risk",
    "kidney-risk",
    "liver-fibrosis",
    "readmission-risk",
    "sepsis-risk",
)


def explained(service_id: str) -> Explained:
    found = detail_for(service_id).explained
    assert found is not None
    return found


@pytest.mark.parametrize("service_id", TELLING)
def test_the_steps_lead_from_the_baseline_to_the_prediction(service_id: str) -> None:
    told = explained(service_id)
    first, last = told.steps[0], told.steps[-1]
    assert first.before == told.prediction.baseline
    reached = told.prediction.link.inverse(last.after)
    assert math.isclose(reached, told.prediction.value, rel_tol=1e-9)


@pytest.mark.parametrize("service_id", TELLING)
def test_what_is_explained_is_what_the_card_tells_of(service_id: str) -> None:
    service, chart = services()[service_id], chart_of(f"{service_id}-fires", service_id)
    about = evaluate(service, chart).findings[0].about
    found = detail_of(chart, service).explained
    assert about is not None
    assert found is not None
    assert (about.outcome, about.value) == (found.prediction.outcome, found.prediction.value)


def test_a_card_that_tells_of_no_risk_is_not_explained_by_another_that_was_computed() -> None:
    detail = detail_for("lab-safety", topic="LabSafetyPotassium")
    assert detail.card is not None
    assert detail.explained is None


def test_every_entry_of_the_chart_is_listed_and_those_that_were_used_are_marked() -> None:
    (egfr,) = (each for each in explained("kidney-risk").inputs if each.name == "egfr")
    references = [each.source.reference for each in egfr.measurements]
    assert references == [f"Observation/cr-{number}" for number in range(6, 0, -1)]
    assert egfr.used == {"Observation/cr-6"}
    assert {each.concept for each in egfr.numbers} == {"creatinine"}


def test_an_input_without_a_value_says_why() -> None:
    lacking = {each.label: each.lacking for each in explained("sepsis-risk").inputs if each.lacking}
    assert lacking["AST"] == "no usable record"


def test_the_course_is_what_would_have_been_predicted_then() -> None:
    chart, service = chart_of("sepsis-risk-fires", "sepsis-risk"), services()["sepsis-risk"]
    told = explained("sepsis-risk")
    assert [each.at for each in told.course] == sorted(each.at for each in told.course)
    for point in told.course[:-1]:
        then = chart.shown_to(service).before(point.at).risk(told.predictor)
        assert then[told.prediction.outcome] == point.prediction
    assert told.course[-1].prediction == told.prediction


def test_a_category_is_told_by_its_name_and_not_drawn_as_a_number() -> None:
    chart = chart_of("undocumented-conditions-fires", "kidney-risk")
    shown = explanation(detail_of(chart, services()["kidney-risk"]), ALL_LIVE)
    assert shown
    course = [number(each.prediction) for each in shown.explained.course]
    assert course == ["G2", "G3a", "G3b", "G3b"]
    assert (shown.number, shown.course, shown.waterfall) == ("G3b", "", "")


@pytest.mark.parametrize(
    ("service", "told"),
    [
        ("sepsis-risk", "in the next 6 hours, or already there"),
        ("readmission-risk", "in the next 30 days"),
    ],
)
def test_a_horizon_is_told_as_clinicians_count(service: str, told: str) -> None:
    shown = explanation(detail_for(service), ALL_LIVE)
    assert shown
    assert shown.horizon == told


def test_what_the_chart_has_no_record_of_is_told_apart_from_what_it_rests_on() -> None:
    inputs = {each.name: each for each in explained("readmission-risk").inputs}
    assert inputs["anemia"].unrecorded
    assert not inputs["heart_failure"].unrecorded
    assert not inputs["age"].unrecorded


def test_a_risk_of_years_moves_by_the_day_and_one_of_hours_by_the_hour() -> None:
    days = [each.at.date() for each in explained("kidney-risk").course]
    assert len(days) == len(set(days)) > 1
    hours = [(each.at.date(), each.at.hour) for each in explained("sepsis-risk").course[:-1]]
    assert len(hours) == len(set(hours)) > 5


def test_a_chart_without_the_card_now_says_what_could_not_be_computed() -> None:
    detail = detail_for("sepsis-risk", "unknown")
    assert detail.card is None or detail.explained is None
    assert detail.refusals


def test_who_it_is_about_is_said_without_a_name() -> None:
    assert detail_for("kidney-risk").who == "Female, 68 years"


def test_the_moments_at_which_nothing_could_be_computed_are_left_out() -> None:
    chart, service = chart_of("kidney-risk-fires", "kidney-risk"), services()["kidney-risk"]
    told = explained("kidney-risk")
    oldest = min(each.when.latest for each in told.inputs[0].measurements)
    with pytest.raises(NotAssessed):
        chart.shown_to(service).before(oldest).risk(told.predictor)
    assert all(each.at > oldest for each in told.course)
