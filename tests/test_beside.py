from pathlib import Path

import pytest

from tests import beside


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(beside, "BESIDE", tmp_path)
    return tmp_path


@pytest.mark.parametrize("ci", ["true", "false"])
def test_what_is_no_part_of_the_project_skips_where_it_is_absent_in_ci_too(
    ci: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", ci)
    with pytest.raises(pytest.skip.Exception, match=r"some\.csv is not beside"):
        beside.beside("some.csv")


def test_where_it_is_there_the_test_goes_on(folder: Path) -> None:
    (folder / "some.csv").touch()
    assert beside.beside("some.csv") == folder / "some.csv"
