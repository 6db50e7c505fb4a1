"""The challenge's rows as a cohort: its two layouts, plausible values, and who is set aside."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fhir_adapters.terminology.value_sets import concepts
from predictors.models.sepsis_risk.data import (
    COLUMNS,
    ELSEWHERE,
    HOME,
    cohort,
    digest,
    held_out,
    history,
    hospital,
    read,
)
from predictors.models.sepsis_risk.features import VARIABLES
from tests.predictors.models.sepsis_risk.made_up_stays import stays


def published(folder: Path) -> Path:
    for name, stay in stays(6).groupby("pid"):
        stay.drop(columns="pid").to_csv(folder / f"{name}.psv", sep="|", index=False)
    return folder


def test_a_folder_of_psv_files_and_a_table_of_all_rows_are_the_same_cohort(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="a parquet file needs pyarrow")
    stays(6).to_parquet(tmp_path / "all.parquet")
    (tmp_path / "set").mkdir()
    folder, table = read(published(tmp_path / "set")), read(tmp_path / "all.parquet")
    assert np.array_equal(folder.rows, table.rows, equal_nan=True)
    assert np.array_equal(folder.events, table.events)
    assert np.array_equal(folder.patients, table.patients)


def test_a_table_of_something_else_is_refused(tmp_path: Path) -> None:
    stays(2).drop(columns=["Age", "FiO2"]).to_csv(tmp_path / "p000001.psv", sep="|")
    with pytest.raises(ValueError, match="no Age, FiO2"):
        read(tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="no PSV files"):
        read(tmp_path / "empty")


def test_each_hour_of_a_stay_is_a_row_and_no_stay_sees_another() -> None:
    whole, alone = stays(), stays().query("pid == 'p000007'")
    made, one = cohort(whole, name="all"), cohort(alone, name="one")
    assert made.hours is not None
    assert made.hours.tolist() == [*range(30)] * 40
    assert np.array_equal(made.rows[made.patients == 7], one.rows, equal_nan=True)


@pytest.mark.parametrize(("column", "variable"), [*zip(COLUMNS, VARIABLES, strict=True)])
def test_what_is_plausible_is_what_the_adapters_take(column: str, variable: object) -> None:
    concept = concepts()[getattr(variable, "name", "")]
    assert COLUMNS[column] == (concept.low, concept.high)


def test_values_are_rounded_made_per_cent_and_left_out_where_implausible() -> None:
    rows = stays(1, 3).assign(
        Temp=[36.61000061, 98.6, 37.0], FiO2=[0.4, 40.0, 10.0], Lactate=[1.10000002, -1.0, 41.0]
    )
    column = {each.name: place for place, each in enumerate(VARIABLES)}
    made = history(rows)
    assert made[0, column["temperature"]] == 36.61
    assert np.isnan(made[1, column["temperature"]])
    assert made[:2, column["fio2"]].tolist() == [40, 40]
    assert np.isnan(made[2, column["fio2"]])
    assert made[0, column["lactate"]] == 1.1
    assert np.isnan(made[1:, column["lactate"]]).all()


def test_the_hospital_follows_from_the_number_of_the_stay() -> None:
    made = cohort(pd.concat([stays(2), stays(3, first=100_001)]), name="both")
    assert hospital(made, HOME).sum() == 2 * 30
    assert set(made.patients[hospital(made, ELSEWHERE)]) == {100_001, 100_002, 100_003}


def test_tables_of_both_hospitals_in_a_folder_are_one_cohort(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="a parquet file needs pyarrow")
    stays(2).to_parquet(tmp_path / "cinc2019_setA.parquet")
    alone = digest(tmp_path)
    stays(2, first=100_001).to_parquet(tmp_path / "cinc2019_setB70.parquet")
    (tmp_path / "of_another_challenge.parquet").write_text("not read")
    assert set(read(tmp_path).subgroups["hospital"]) == {HOME, ELSEWHERE}
    assert digest(tmp_path) != alone


def test_nobody_is_set_aside_for_a_later_look() -> None:
    with pytest.raises(ValueError, match="set nobody aside"):
        held_out(cohort(stays(3), name="three"))


def test_subgroups_are_hospital_age_sex_and_the_kind_of_unit() -> None:
    made = cohort(stays(3), name="three")
    assert {name: set(labels) for name, labels in made.subgroups.items()} == {
        "hospital": {"A"},
        "age": {"40-59"},
        "sex": {"female", "male"},
        "unit": {"medical", "surgical", ""},
    }


def test_the_digest_is_of_the_contents(tmp_path: Path) -> None:
    before = digest(published(tmp_path))
    assert digest(tmp_path) == before
    (tmp_path / "p000001.psv").write_text("changed")
    assert digest(tmp_path) != before
