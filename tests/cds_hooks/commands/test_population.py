"""`cds-hooks population run`: what it prints, and its exit codes."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cds_hooks.commands.cli import main
from tests.cds_hooks.population.exports import exported
from tests.cds_hooks.population.threads import in_threads

AS_OF = "2026-03-15T12:00:00Z"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["population", "run", *map(str, arguments)])


def test_a_run_says_what_came_of_it_and_how_far_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_threads(monkeypatch)
    exported(tmp_path / "bulk", "af-stroke-risk-fires")
    made = run(tmp_path / "bulk", "--out", tmp_path / "out", "--as-of", AS_OF, "--workers", 1)
    assert made.exit_code == 0
    assert "1 of 1 patients assessed" in made.stdout
    assert "100%  1 patients" in made.stderr
    again = run(tmp_path / "bulk", "--out", tmp_path / "out", "--resume")
    assert again.exit_code == 0  # as of the moment of the run that is there


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--services", "no-such-service"], "there is no service no-such-service"),
        (["--as-of", "yesterday"], "not a time such as"),
        ([], "holds no *.ndjson"),
    ],
)
def test_what_cannot_be_run_is_said(arguments: list[str], told: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    made = run(tmp_path / "empty", "--out", tmp_path / "out", *arguments)
    assert made.exit_code != 0
    assert told in made.output
