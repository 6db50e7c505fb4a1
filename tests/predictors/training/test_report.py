import re

import pytest

from predictors.training.intervals import Estimate
from predictors.training.report import heading, markdown, printed, summary, tables
from tests.predictors.training.test_validation import of_recurrence, of_stays


def test_a_value_is_printed_with_its_interval() -> None:
    assert printed(Estimate(0.82449, 0.8109, 0.8361), 3) == "0.824 (0.811 to 0.836)"


def test_what_cannot_be_computed_is_a_dash() -> None:
    assert printed(Estimate(*[float("nan")] * 3), 3) == "–"


def test_the_summary_says_who_was_assessed() -> None:
    assert "4,000 assessments of 200 patients" in summary(of_stays())
    assert "assessments (" in summary(of_stays())
    assert "recurrence within 5 years" in summary(of_recurrence())
    assert "had it while they were watched" in summary(of_recurrence())


def test_every_table_has_a_cell_for_each_column() -> None:
    for validation in (of_stays(), of_recurrence()):
        for table in tables(validation):
            assert {len(row) for row in table.rows} == {len(table.columns)}


def test_tables_without_rows_are_left_out() -> None:
    titles = [table.title for table in tables(of_recurrence())]
    assert titles == ["Measures", "At thresholds", "Calibration", "Net benefit"]


def test_few_events_are_said_to_be_too_few() -> None:
    assert re.search(r"\| unit +\| A +\| 5 +\| too few +\| – ", markdown(of_stays()))


def test_the_columns_of_the_printed_tables_are_aligned() -> None:
    for block in markdown(of_stays()).split("\n\n"):
        if block.startswith("|"):
            lengths = {len(line) for line in block.splitlines()}
            assert len(lengths) == 1


@pytest.mark.parametrize(
    "word", ["AUROC", "calibration slope", "NNE", "CinC utility", "PPV at alert"]
)
def test_the_report_names(word: str) -> None:
    assert word in markdown(of_stays())


def test_the_heading_names_the_version() -> None:
    assert heading(of_stays()) == "sepsis-risk 1 on made-up stays"
