"""What the model is shown beside: two Cox models fitted to Rotterdam, and the Nottingham index."""

from collections.abc import Mapping

import numpy as np

from predictors.scores.npi import npi
from predictors.tree_model import Floats

NODES_AT_MOST = 19.0
"""The 97th percentile of Rotterdam, to which the published model cuts the count."""

KNOTS = (0.0, 1.0, 9.0)

PUBLISHED = (0.3418, 0.5733, 0.3039, -0.8110, 0.3617)
"""Size over 20 to 50 mm, over 50 mm, nodes, their spline, grade 3: doi:10.7326/M22-0844."""

FULL = (-0.3282, 0.4090, 0.2956, 0.4869, 0.3326, 0.3489, -0.9539, -0.1190, -0.2181, -0.3876)
"""Decades of age, those above 45, both sizes, grade, nodes, their spline, ER, PgR, endocrine."""


def comparators(rows: Floats, size: Floats) -> Mapping[str, Floats]:
    """The scores [n] of feature rows [n, features]; `size` [n] is in mm."""
    return {
        "published Cox": published_columns(rows) @ np.array(PUBLISHED),
        "full Cox": full_columns(rows) @ np.array(FULL),
        "NPI": _npi(rows, size),
    }


def published_columns(rows: Floats) -> Floats:
    """The columns of the published model, [n, 5]."""
    _, size, grade, nodes, *_ = rows.T
    cut = np.minimum(nodes, NODES_AT_MOST)
    return np.column_stack([size == 1, size == 2, cut, _spline(cut), grade == 3]).astype(np.float64)


def full_columns(rows: Floats) -> Floats:
    """The columns of a Cox model with all of our model's inputs, [n, 10]."""
    age, size, grade, nodes, er, pr, endocrine = rows.T
    cut, decades = np.minimum(nodes, NODES_AT_MOST), age / 10
    later = np.maximum(decades - 4.5, 0.0)
    columns = (decades, later, size == 1, size == 2, grade, cut, _spline(cut), er, pr, endocrine)
    return np.column_stack(columns).astype(np.float64)


def _spline(nodes: Floats) -> Floats:
    """Harrell's restricted cubic spline beyond its linear part."""
    first, middle, last = (np.maximum(nodes - knot, 0.0) ** 3 for knot in KNOTS)
    low, mid, high = KNOTS
    inner = middle * (high - low) / (high - mid) - last * (mid - low) / (high - mid)
    spline: Floats = (first - inner) / (high - low) ** 2
    return spline


def _npi(rows: Floats, size: Floats) -> Floats:
    grades, nodes = rows[:, 2], rows[:, 3]
    given = zip(size.tolist(), nodes.tolist(), grades.tolist(), strict=True)
    return np.array(
        [
            npi.function(
                tumor_size=millimetres, nodes_positive=count, histologic_grade=f"{grade:.0f}"
            )[0].value
            for millimetres, count, grade in given
        ]
    )
