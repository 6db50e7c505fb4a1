from dataclasses import replace
from functools import cache

import msgspec
import numpy as np
import pytest

from predictors.predictor import Link
from predictors.training.calibration import logistic
from predictors.training.cohort import Cohort, Survival
from predictors.training.intervals import Bootstrap
from predictors.training.progress import silent
from predictors.training.results import Validation
from predictors.training.validation import Model, predicted, validate

FEW = Bootstrap(20)
GENERATOR = np.random.default_rng(11)
STAYS, HOURS = 200, 20
SEVERITY = np.repeat(GENERATOR.normal(-1, 1.5, STAYS), HOURS)
MARGIN = SEVERITY + GENERATOR.normal(0, 0.3, STAYS * HOURS)
STAY = np.repeat(np.arange(STAYS), HOURS)
HOUR = np.tile(np.arange(1, HOURS + 1), STAYS)
SEPTIC = np.repeat(GENERATOR.random(STAYS) < logistic(SEVERITY[::HOURS]), HOURS)
SEPSIS = Model("sepsis-risk", "1", "sepsis", Link.LOGISTIC, 0, {"alert": 0.3})
SURVIVAL = Model("recurrence", "2", "recurrence", Link.CLOGLOG, 5, {"high": 0.5})


def hourly() -> Cohort:
    return Cohort(
        "made-up stays",
        ("severity",),
        STAY,
        MARGIN[:, None],
        SEPTIC & (HOUR > 8),
        {"sex": np.where(STAY % 2, "male", "female"), "unit": np.where(STAY < 5, "A", "")},
        {"noise": np.where(HOUR > 2, GENERATOR.random(len(STAY)), np.nan)},
        STAY,
        HOUR,
    )


@cache
def of_stays() -> Validation:
    return validate(SEPSIS, hourly(), MARGIN, bootstrap=FEW, progress=silent)


@cache
def of_recurrence() -> Validation:
    margin = GENERATOR.normal(-0.5, 0.8, 300)
    happens, watched = GENERATOR.exponential(5 / np.exp(margin)), GENERATOR.uniform(2, 9, 300)
    seen = Survival(np.minimum(happens, watched), happens <= watched)
    rows = Cohort("made-up women", ("lp",), np.arange(300), margin[:, None], seen)
    return validate(SURVIVAL, rows, margin, bootstrap=FEW, progress=silent)


def test_rows_patients_and_events_are_counted() -> None:
    found = of_stays()
    assert (found.rows, found.patients) == (STAYS * HOURS, STAYS)
    assert found.events == 12 * found.patients_with_event


def test_every_measure_of_a_known_outcome_lies_in_its_interval() -> None:
    measures = of_stays().measures
    expected = "auroc auprc min_se_ppv brier slope intercept in_the_large observed_to_expected ece"
    assert list(measures) == expected.split()
    for name in ("auroc", "auprc", "brier", "slope", "observed_to_expected"):
        assert measures[name].low < measures[name].value < measures[name].high


def test_every_measure_of_a_censored_outcome_is_there() -> None:
    expected = ["c_index", "slope", "intercept", "in_the_large", "observed_to_expected", "ece"]
    assert list(of_recurrence().measures) == expected
    assert of_recurrence().measures["slope"].value == pytest.approx(1, abs=0.3)


def test_the_models_thresholds_come_before_budgets_of_these_rows() -> None:
    own = [each.own for each in of_stays().thresholds]
    assert own == [True, False, False, False, False, False]
    budget = of_stays().thresholds[3]
    assert budget.name == "riskiest 5 %"
    assert budget.measures["alerts_per_100"].value == pytest.approx(5, abs=0.1)


def test_hourly_rows_have_the_challenges_utility_and_patients_alerted() -> None:
    alert = of_stays().thresholds[0].measures
    risk = logistic(MARGIN).reshape(STAYS, HOURS)
    assert alert["patients_per_100"].value == pytest.approx(100 * (risk.max(1) >= 0.3).mean())
    assert -1 < alert["utility"].value < 1
    assert not {"patients_per_100", "utility"} & set(of_recurrence().thresholds[0].measures)


def test_a_comparator_is_beside_the_model_on_the_rows_where_it_is_known() -> None:
    (noise,) = of_stays().comparisons
    assert noise.rows == STAYS * (HOURS - 2)
    ahead = noise.model["auroc"].value - noise.comparator["auroc"].value
    assert noise.difference["auroc"].value == pytest.approx(ahead)
    assert noise.difference["auroc"].low > 0


def test_a_subgroup_with_few_events_is_not_reported() -> None:
    groups = {(each.by, each.label): each for each in of_stays().subgroups}
    assert groups["unit", "A"].patients_with_event is None
    assert groups["unit", "A"].measures == {}
    assert "not given" in {label for _, label in groups}


def test_an_event_in_many_rows_of_few_patients_is_few_events() -> None:
    alone = hourly().take(STAY < 10)
    (group,) = validate(
        SEPSIS,
        replace(alone, subgroups={"sex": np.full(len(alone), "male")}),
        MARGIN[STAY < 10],
        bootstrap=FEW,
        progress=silent,
    ).subgroups
    assert int(alone.events.sum()) >= 12
    assert group.measures == {}


def test_both_subgroups_report_what_the_first_threshold_does() -> None:
    for each in (group for group in of_stays().subgroups if group.by == "sex"):
        assert {"auroc", "slope", "sensitivity", "ppv"} <= set(each.measures)


def test_a_sensitivity_never_exceeds_one_where_observation_is_censored() -> None:
    for each in of_recurrence().thresholds:
        assert 0 < each.measures["sensitivity"].high <= 1


def test_calibration_groups_cover_every_row() -> None:
    assert sum(each.rows for each in of_stays().calibration) == STAYS * HOURS
    assert len(of_recurrence().calibration) == 5


def test_net_benefit_begins_where_acting_on_everyone_does() -> None:
    first = of_stays().net_benefit[0]
    assert first.model.value == pytest.approx(first.everyone, abs=0.02)


def test_a_json_report_has_every_field_and_no_number_that_is_none() -> None:
    written = msgspec.json.decode(msgspec.json.encode(of_stays()))
    assert written["schema"] == "cds-hooks validation 1"
    assert written["measures"]["auroc"].keys() == {"value", "low", "high"}


def test_progress_only_rises() -> None:
    told: list[float] = []
    bootstrap = Bootstrap(3)
    validate(SEPSIS, hourly(), MARGIN, bootstrap=bootstrap, progress=lambda s, _: told.append(s))
    assert told == sorted(told)
    assert told[-1] == 1


def test_nobody_with_the_outcome_cannot_be_validated() -> None:
    rows = hourly()
    none = replace(rows, outcome=np.zeros(len(rows), bool))
    with pytest.raises(ValueError, match="with the outcome"):
        validate(SEPSIS, none, MARGIN, bootstrap=FEW, progress=silent)


def test_a_link_without_probabilities_is_refused() -> None:
    with pytest.raises(ValueError, match="no probability"):
        predicted(MARGIN, Link.IDENTITY)


def test_each_link_gives_its_own_risks() -> None:
    margin = np.array([-2.0, 0.0, 1.5])
    for link in (Link.LOGISTIC, Link.CLOGLOG):
        expected = [link.inverse(each) for each in margin.tolist()]
        assert predicted(margin, link).risk == pytest.approx(expected)
