"""What a predictor was given of its inputs in a period, as numbers, from the store."""

from datetime import datetime

import numpy as np
from sqlalchemy import Connection

from cds_hooks.monitoring.drift import Values
from cds_hooks.store.assessments import KeptFact, kept_between


def given_values(
    connection: Connection, *, predictor: str, since: datetime, until: datetime
) -> Values:
    """Each input of each patient's first assessment of a day; a series counts by its newest value.

    Inputs that are texts are left out; so are calls whose inputs the site does not keep.
    """
    rows, seen = list[dict[str, float]](), set[tuple[str, str, str]]()
    for row, kept in kept_between(connection, since, until):
        day = (str(row["client"]), str(row["patient_id"]), str(row["recorded_at"])[:10])
        for made in kept.assessments:
            if made.predictor == predictor and made.inputs is not None and day not in seen:
                seen.add(day)
                rows.append({each.name: _number(each) for each in kept.facts_of(made)})
    names = sorted({name for row in rows for name in row})
    return {name: np.array([row.get(name, np.nan) for row in rows]) for name in names}


def _number(fact: KeptFact) -> float:
    given = fact.given
    if isinstance(given, bool | int | float):
        return float(given)
    if isinstance(given, tuple) and given:
        return float(given[-1][1])
    return float("nan")
