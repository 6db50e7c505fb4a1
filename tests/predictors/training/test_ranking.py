import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score

from predictors.training.ranking import (
    CELLS,
    auprc,
    auroc,
    least_of_sensitivity_and_ppv,
    ranking,
)

LABELS = np.array([False, False, False, False, True, True])
RISKS = np.array([0.3, 0.4, 0.6, 0.7, 0.8, 0.8])
ONCE = np.ones(6)


def test_events_above_all_others_give_a_perfect_area() -> None:
    counts = ranking(LABELS, RISKS).counts(ONCE)
    assert (auroc(counts), auprc(counts)) == (1.0, 1.0)


def test_a_constant_risk_orders_nothing() -> None:
    counts = ranking(LABELS, np.full(6, 0.5)).counts(ONCE)
    assert (auroc(counts), auprc(counts)) == pytest.approx((0.5, 2 / 6))


def test_without_events_there_is_no_area() -> None:
    counts = ranking(np.zeros(6, bool), RISKS).counts(ONCE)
    assert np.isnan([auroc(counts), auprc(counts), least_of_sensitivity_and_ppv(counts)]).all()


@given(
    st.lists(
        st.tuples(st.booleans(), st.integers(0, 5), st.integers(0, 3)), min_size=4, max_size=40
    )
)
def test_areas_are_those_of_scikit_learn_with_ties_and_weights(
    rows: list[tuple[bool, int, int]],
) -> None:
    rows = [*rows, (True, 2, 1), (False, 3, 1)]
    outcome, risk, weights = (np.array(column) for column in zip(*rows, strict=True))
    counts = ranking(outcome, risk / 5).counts(weights.astype(float))
    assert auroc(counts) == pytest.approx(roc_auc_score(outcome, risk, sample_weight=weights))
    expected = average_precision_score(outcome, risk, sample_weight=weights)
    assert auprc(counts) == pytest.approx(expected)


def test_the_lesser_of_sensitivity_and_ppv_is_that_of_scikit_learns_curve() -> None:
    generator = np.random.default_rng(1)
    risk = generator.random(300).round(2)
    outcome = generator.random(300) < risk
    ppv, sensitivity, _ = precision_recall_curve(outcome, risk)
    found = least_of_sensitivity_and_ppv(ranking(outcome, risk).counts(np.ones(300)))
    assert found == pytest.approx(np.minimum(ppv, sensitivity).max())


def test_a_weight_counts_a_row_as_often() -> None:
    weights = np.array([2.0, 0.0, 1.0, 1.0, 3.0, 1.0])
    repeated = np.repeat(np.arange(6), weights.astype(int))
    once = ranking(LABELS[repeated], RISKS[repeated] * 0.5).counts(np.ones(len(repeated)))
    weighted = ranking(LABELS, RISKS * 0.5).counts(weights)
    assert auroc(weighted) == auroc(once)


def test_a_threshold_flags_the_risks_at_it_and_above() -> None:
    ranked = ranking(LABELS, RISKS)
    flagged = ranked.counts(ONCE).flagged
    assert [flagged[ranked.place(risk)] for risk in (0.9, 0.8, 0.7, 0.65, 0.0)] == [0, 2, 3, 3, 6]


def test_each_distinct_risk_has_its_own_cell_while_they_are_few() -> None:
    assert len(ranking(LABELS, RISKS).cells()) == 5 + 1


def test_cells_of_many_risks_cover_every_row() -> None:
    rows = 3 * CELLS
    ranked = ranking(np.zeros(rows, bool), np.random.default_rng(0).random(rows))
    held = np.diff(ranked.counts(np.ones(rows)).flagged[ranked.cells()])
    assert held.sum() == rows
    assert held.max() == 3
