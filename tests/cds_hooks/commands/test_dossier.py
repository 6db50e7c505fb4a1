from pathlib import Path

import pytest
from click.testing import CliRunner

from cds_hooks.commands.cli import main
from cds_hooks.dossier.writing import CARD, PAGES


def test_the_dossier_of_a_model_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    made = CliRunner().invoke(main, ["dossier", "sepsis-risk"])
    assert made.exit_code == 0, made.output
    written = {path.name for path in (tmp_path / "dossier-sepsis-risk").iterdir()}
    assert written == {"index.html", CARD, *(f"{name}.html" for name in PAGES)}
    assert len(made.output.splitlines()) == len(written)


def test_a_model_that_is_not_there_is_named() -> None:
    made = CliRunner().invoke(main, ["dossier", "none"])
    assert (made.exit_code, made.output) == (1, "Error: there is no model none\n")
