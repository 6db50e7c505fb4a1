"""What the model is shown beside: a published Cox model and the Nottingham index."""

from collections.abc import Mapping

import numpy as np

from predictors.cox_model import columns
from predictors.scores.npi import npi
from predictors.tree_model import Floats

NODES_AT_MOST = 19.0
"""The 97th percentile of Rotterdam, to which the published model cuts the count."""

KNOTS = (0.0, 1.0, 9.0)

PUBLISHED = (0.3418, 0.5733, 0.3039, -0.8110, 0.3617)
"""Size over 20 to 50 mm, over 50 mm, nodes, their spline, grade 3: doi:10.7326/M22-0844."""


def comparators(rows: Floats, size: Floats) -> Mapping[str, Floats]:
    """The scores [n] of feature rows [n, features]; `size` [n] is in mm."""
    return {
        "published Cox": published_columns(rows) @ np.array(PUBLISHED),
        "NPI": _npi(rows, size),
    }


def published_columns(rows: Floats) -> Floats:
    """The columns of the published model, [n, 5]."""
    _, over_20, over_50, grade, nodes, *_ = rows.T
    splines = columns(np.minimum(nodes, NODES_AT_MOST), KNOTS).T
    return np.column_stack([over_20 - over_50, over_50, *splines, grade == 3]).astype(np.float64)


def _npi(rows: Floats, size: Floats) -> Floats:
    grades, nodes = rows[:, 3], rows[:, 4]
    given = zip(size.tolist(), nodes.tolist(), grades.tolist(), strict=True)
    return np.array(
        [
            npi.function(
                tumor_size=millimetres, nodes_positive=count, histologic_grade=f"{grade:.0f}"
            )[0].value
            for millimetres, count, grade in given
        ]
    )
