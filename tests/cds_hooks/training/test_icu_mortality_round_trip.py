"""The first 48 hours of real stays, told in FHIR and read back, have the features of training."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache

from predictors.models.icu_mortality_risk.features import HOURS
from predictors.predictor import Value
from predictors.tree_model import Floats
from tests.beside import beside
from tests.cds_hooks.training.round_trip import AS_IT_IS, OTHER, Result, Stay, read_back

SERVICE = "icu-mortality-risk"
STAYS = 300
ADMITTED = datetime(2026, 3, 1, 5, 20, tzinfo=UTC)
ASKED = ADMITTED + timedelta(hours=53, minutes=7)


@cache
def stays() -> tuple[Stay, ...]:
    """So many stays, as a chart would know them, with the features that training gives them."""
    data = beside("data/physionet2012_ab.parquet")
    import pandas as pd

    from predictors.models.icu_mortality_risk.data import cohort, stays_of

    frame = pd.read_parquet(data)
    outcomes = pd.read_csv(data.with_name(f"{data.stem}_outcomes.csv"))
    chosen = outcomes.sort_values("RecordID")[:: len(outcomes) // STAYS][:STAYS]
    there = frame[frame["RecordID"].isin(chosen["RecordID"])]
    made = cohort(there, chosen, name="some")
    read = stays_of(there, pd.Index(made.patients))
    return tuple(_stay(*each) for each in zip(read, made.rows, strict=True))


def _stay(known: Mapping[str, Value], features: Floats) -> Stay:
    """The stay as its chart is asked some hours after the first 48."""
    age = known["age"]
    assert isinstance(age, float)
    return Stay(int(age), ADMITTED, ASKED, list(_results(known)), features)


def _results(known: Mapping[str, Value]) -> Iterator[Result]:
    for concept, value in known.items():
        if concept == "weight" and isinstance(value, float):
            yield Result(concept, value, timedelta(0))
        elif concept != "spo2" and isinstance(value, tuple):
            for days, each in value:
                yield Result(concept, each, timedelta(minutes=round(60 * HOURS - 1440 * days)))


def test_in_native_units_the_features_are_those_of_training_to_the_bit() -> None:
    assert read_back(SERVICE, stays(), told_in=AS_IT_IS, shuffled=False).differing == ()


def test_in_other_units_and_any_order_the_risk_is_the_same_to_a_thousandth(
    record_property: Callable[[str, object], None],
) -> None:
    back = read_back(SERVICE, stays(), told_in=OTHER, shuffled=True)
    record_property("ICU mortality round trip in other units", back.told)
    assert back.same_gaps
    assert back.risk_apart < 1e-3
