"""The challenge of 2012 as a cohort: its layouts, plausible values, sets and comparators."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fhir_adapters.terminology.value_sets import concepts
from predictors.models.icu_mortality_risk import UNITS, icu_mortality_risk
from predictors.models.icu_mortality_risk.comparators import comparators
from predictors.models.icu_mortality_risk.data import (
    MEASURED,
    cohort,
    digest,
    held_out,
    judged,
    measurements,
    read,
)
from predictors.models.icu_mortality_risk.features import VARIABLES
from predictors.predictor import Value
from tests.predictors.models.icu_mortality_risk.made_up_icu import in_a_table, in_texts, stays

NARROWER = {"weight"}


def values(par: str, *given: float) -> list[float]:
    """What is left of values of one parameter, one a minute."""
    rows = {
        "RecordID": 1,
        "min": range(len(given)),
        "par": par,
        "val": np.array(given, dtype=np.float32),
    }
    found: list[float] = measurements(pd.DataFrame(rows))["value"].tolist()
    return found


def test_a_table_and_a_folder_of_texts_are_the_same_cohort(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="a parquet file needs pyarrow")
    table, texts = read(in_a_table(tmp_path, 12)), read(in_texts(tmp_path / "texts", 12))
    assert np.array_equal(table.rows, texts.rows, equal_nan=True)
    assert np.array_equal(table.events, texts.events)
    assert {k: v.tolist() for k, v in table.subgroups.items()} == {
        k: v.tolist() for k, v in texts.subgroups.items()
    }
    folder = read(tmp_path)
    assert np.array_equal(folder.patients, table.patients)


def test_other_data_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no texts of stays"):
        read(tmp_path)
    pd.DataFrame({"Time": [], "Parameter": [], "Value": []}).to_csv(tmp_path / "1.txt")
    with pytest.raises(ValueError, match=r"no Outcomes\*\.txt"):
        read(in_texts(tmp_path / "all", 2).joinpath("set-a"))


def test_the_hash_is_of_the_data_and_the_outcomes(tmp_path: Path) -> None:
    folder = in_texts(tmp_path, 4)
    before = digest(folder)
    outcomes = folder / "Outcomes-b.txt"
    outcomes.write_text(outcomes.read_text().replace(",0\n", ",1\n"))
    assert digest(folder) != before


def test_codes_of_missing_and_implausible_values_are_left_out() -> None:
    assert values("Weight", -1, 0, 71.5) == [71.5]
    assert values("Temp", -17.8, 0, 36.6) == [36.6]
    assert values("WBC", 12500) == []
    assert values("HR", 0, 88, 88) == [88, 88]


def test_a_ph_without_its_point_is_mended_and_a_fraction_is_a_percentage() -> None:
    assert values("pH", 735, 73.4, 7.33, 187) == [7.35, 7.34, 7.33]
    assert values("FiO2", 0.4, 1) == [40, 100]
    assert values("HCT", 33.7) == [33.7]


def test_pressures_by_line_and_by_cuff_are_one_series_without_doubles() -> None:
    rows = [(1, 5, "SysABP", 120.0), (1, 5, "NISysABP", 120.0), (1, 6, "NISysABP", 118.0)]
    found = measurements(pd.DataFrame(rows, columns=["RecordID", "min", "par", "val"]))
    assert found["value"].tolist() == [120, 118]


def test_ranges_decimals_and_units_are_those_of_the_charts_concepts() -> None:
    decimals = {each.name: each.decimals for each in VARIABLES}
    declared = {each.name: each.unit for each in icu_mortality_risk.inputs}
    for name, measured in MEASURED.items():
        concept = concepts()[name]
        assert measured.decimals == decimals.get(name, concept.precision) == concept.precision
        assert declared.get(name, concept.unit) == UNITS.get(name, concept.unit) == concept.unit
        if name not in NARROWER:
            assert (measured.low, measured.high) == (concept.low, concept.high), name


def test_set_b_is_judged_and_all_are_where_there_is_none() -> None:
    told, outcomes = stays(8)
    both = cohort(told, outcomes, name="both")
    assert judged(both).tolist() == [False] * 4 + [True] * 4
    assert judged(cohort(told.drop(columns="set"), outcomes, name="all")).all()
    with pytest.raises(ValueError, match="of both training set nobody aside"):
        held_out(both)


def test_scores_that_are_not_there_are_missing() -> None:
    told, outcomes = stays(8)
    made = cohort(told, outcomes, name="some")
    assert np.isnan(made.comparators["SAPS-I"]).tolist() == [True] + [False] * 7
    bare = cohort(told, outcomes.drop(columns=["SAPS-I", "SOFA"]), name="bare")
    assert list(bare.comparators) == ["NEWS2"]


def test_news2_is_of_the_last_twelve_hours() -> None:
    well: dict[str, Value] = {"age": 60.0, "resp_rate": ((0.1, 16.0),), "spo2": ((0.1, 97.0),)}
    well |= {"sbp": ((0.1, 120.0),), "heart_rate": ((0.1, 70.0),), "temperature": ((0.1, 37.0),)}
    ill = well | {"heart_rate": ((0.6, 70.0), (0.2, 140.0)), "gcs_total": ((0.1, 9.0),)}
    ill |= {"fio2": ((0.3, 50.0),)}
    old: dict[str, Value] = {"age": 60.0, "heart_rate": ((0.6, 140.0),)}
    assert comparators([well, ill])["NEWS2"].tolist() == [0, 3 + 3 + 2]
    assert np.isnan(comparators([old])["NEWS2"]).all()
