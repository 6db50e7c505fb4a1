"""`outcomes import`, `drift` and `report`: what they print, and their exit codes."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cds_hooks.commands.cli import main
from tools import demo_data

TODAY = date.today()
FIRST, CHANGED = TODAY - timedelta(days=91), TODAY - timedelta(days=31)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("demo") / "store"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["demo_data", str(made)])
        patch.chdir(made.parent)
        demo_data.main()
    return made


@pytest.fixture(autouse=True)
def in_the_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [*map(str, arguments)])


def test_a_report_is_written() -> None:
    asked = ("report", "--service", "sepsis-risk", "--from", FIRST, "--to", TODAY)
    made = run(*asked, "--html", "report.html")
    assert made.exit_code == 0
    shown = Path("report.html").read_text(encoding="utf-8")
    assert "<h1>sepsis-risk</h1>" in shown
    assert run("report", "--service", "none", "--from", FIRST, "--to", TODAY).exit_code == 1


def test_drift_alarms_by_its_exit_code() -> None:
    asked = ("drift", "--predictor", "sepsis-risk", "--reference-from", FIRST)
    made = run(*asked, "--reference-to", CHANGED, "--from", CHANGED, "--to", TODAY)
    assert made.exit_code == 1
    assert "ALARM heart_rate mean" in made.output
    none = run(*asked, "--reference-to", CHANGED, "--from", TODAY, "--to", TODAY)
    assert "fewer than" in none.output


def test_outcomes_are_imported_and_a_bad_file_is_named() -> None:
    Path("good.csv").write_text(
        "patient,outcome,at,happened\np1,Sepsis,2026-03-15T12:00:00Z,1\n", encoding="utf-8"
    )
    made = run("outcomes", "import", "good.csv")
    assert (made.exit_code, made.output) == (0, "1 outcomes of 1 patients are kept.\n")
    Path("bad.csv").write_text("patient,at\n", encoding="utf-8")
    bad = run("outcomes", "import", "bad.csv")
    assert bad.exit_code == 1
    assert "bad.csv has no column outcome, happened" in bad.output
