import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cds_hooks.commands.cli import main
from tests.cds_hooks.worklist_replay.cohorts import few_rows, written

RISKS = """patient,service,outcome,risk,critical
a,sepsis-risk,sepsis,0.3,
b,sepsis-risk,sepsis,0.1,
c,sepsis-risk,sepsis,,
d,lab-safety,,,potassium 7.1 mmol/L
"""


@pytest.fixture
def risks(tmp_path: Path) -> Path:
    file = tmp_path / "risks.csv"
    file.write_text(RISKS, encoding="utf-8")
    return file


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["worklist", *map(str, arguments)])


def test_the_list_is_told_from_the_top(risks: Path) -> None:
    made = run("plan", risks, "--an-hour", 1)
    assert made.exit_code == 0
    told = made.output
    order = [told.index(each) for each in ("CRITICAL  d", "now  a", "in 1 h  b", "NOT ASSESSED  c")]
    assert order == sorted(order)


def test_the_list_as_json_holds_everyone(risks: Path) -> None:
    made = json.loads(run("plan", risks, "--an-hour", 1, "--json").output)
    assert [each["patient"] for each in made["patients"]] == ["d", "a", "b", "c"]


def test_without_a_capacity_there_is_no_plan(risks: Path) -> None:
    made = run("plan", risks)
    assert made.exit_code == 2
    assert "how many reviews" in made.output


def test_a_table_or_a_site_that_cannot_be_used_is_told_in_words(risks: Path) -> None:
    (risks.parent / "site.toml").write_text("[teams.a]\n")
    (risks.parent / "other.csv").write_text("nothing\n")
    for arguments in ([risks, "--site", risks.parent / "site.toml"], [risks.parent / "other.csv"]):
        made = run("plan", *arguments, *(["--an-hour", 1] if len(arguments) == 1 else []))
        assert made.exit_code == 1
        assert made.output.startswith("Error: ")


def test_a_replay_tells_of_every_policy(tmp_path: Path) -> None:
    folder = written(tmp_path)
    asked = ("replay", folder, "--beds", 4, "--an-hour", 1, "--interval", 4, "--hours", 20)
    with few_rows():
        made = run(*asked, "--json")
        told = run(*asked).output
    assert made.exit_code == 0, made.output
    found = json.loads(made.stdout.splitlines()[-1])
    assert set(found["reviews"]) == {"top risks", "alerts", "optimiser", "oracle"}
    assert "optimiser beyond top risks" in told


def test_a_replay_of_one_hospital_alone_is_refused(tmp_path: Path) -> None:
    folder = written(tmp_path)
    next(folder.glob("*setB*")).unlink()
    made = run("replay", folder)
    assert made.exit_code == 1
    assert "hospital B" in made.output
