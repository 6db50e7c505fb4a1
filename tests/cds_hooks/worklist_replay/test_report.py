from pathlib import Path

import pytest

from cds_hooks.worklist_replay.report import Scenario, as_json, groups, lines, run
from predictors.training.progress import silent
from tests.beside import beside
from tests.cds_hooks.worklist_replay.cohorts import few_rows, written

SMALL = Scenario(beds=4, an_hour=1, intervals=(4,), most_hours=20, replicates=5)


def test_a_replay_says_how_the_hospital_was_made_up_and_what_each_policy_found(
    tmp_path: Path,
) -> None:
    with few_rows():
        (found,) = run(written(tmp_path), SMALL, ["B"], progress=silent)
    told = "\n".join([*lines(found, SMALL), *groups(found)])
    assert "4 beds for 20 hours" in told
    for name in ("top risks", "alerts", "optimiser", "oracle"):
        assert f"  {name}" in told
    assert as_json(found)["hours"] == 20


@pytest.mark.long
def test_on_real_stays_the_plan_sees_more_than_the_highest_risks_with_a_short_interval() -> None:
    folder = beside("data")
    scenario = Scenario(intervals=(1,), most_hours=300, replicates=50)
    (found,) = run(folder, scenario, ["B"], progress=silent)
    assert found.measures["optimiser more"].low > 0
