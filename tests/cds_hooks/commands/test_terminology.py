"""`cds-hooks terminology`: what is covered, what is not decided on, and a site's own release."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cds_hooks.commands.cli import main
from cds_hooks.settings.file import load
from cds_hooks.settings.validation import ConfigError
from tests.rf2_releases import IS_A, write_release

FIBRILLATION = 49436004
NEW = 900001
AF_SET = "2.16.840.1.113883.3.117.1.7.1.202"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["terminology", *arguments])


def published(*rows: str) -> str:
    Path("sets.csv").write_text("\n".join(["set,system,code", *rows]), encoding="utf-8")
    return "sets.csv"


def test_coverage_counts_taken_left_out_and_undecided_from_our_own_files() -> None:
    result = run("coverage")
    assert result.exit_code == 0
    lines = map(str.split, result.output.splitlines())
    line = next(each for each in lines if each[:2] == ["heart_failure", "SNOMED"])
    group, system, _, codes, taken, left, undecided, *_ = line
    assert (group, system, undecided) == ("heart_failure", "SNOMED", "0")
    assert int(codes) == int(taken) + int(left)


def test_coverage_counts_by_concept_as_well() -> None:
    lines = [line.split() for line in run("coverage").output.splitlines()]
    assert ["mechanical_valve", "SNOMED", "CT", "44"] in lines


def test_published_codes_that_are_decided_on_are_covered() -> None:
    file = published(f"{AF_SET},SNOMED CT,{FIBRILLATION}", f"{AF_SET},ICD-10-CM,I48.0")
    assert run("coverage", "--published", file).exit_code == 0


def test_a_published_code_that_nobody_decided_on_is_named_and_fails() -> None:
    result = run("coverage", "--published", published(f"{AF_SET},SNOMED CT,{NEW}"))
    assert result.exit_code == 1
    assert f"1 codes are not decided on: snomed {NEW}" in result.output


def test_a_published_set_that_nobody_looked_at_fails() -> None:
    result = run("coverage", "--published", published("1.2.3,SNOMED CT,49436004"))
    assert result.exit_code == 1
    assert "a set that was not looked at" in result.output


def test_a_release_is_compiled_and_then_read_by_the_settings(folder: Path) -> None:
    rows = ((1, NEW, FIBRILLATION, IS_A),)
    write_release(folder / "release", rows, {NEW: "A new finding"})
    result = run("compile", "--rf2", "release")
    assert result.exit_code == 0
    assert "snomed-codes.csv: 1 codes of the release of 20260901." in result.output
    Path("cds.toml").write_text('[site]\nsnomed_codes = "snomed-codes.csv"\n', encoding="utf-8")
    codes = load(Path("cds.toml")).site_map.snomed
    assert codes == {str(NEW): frozenset({"atrial_fibrillation", "cardiac_arrhythmia"})}


def test_a_clients_own_site_map_has_the_codes_too(folder: Path) -> None:
    write_release(folder / "release", ((1, NEW, FIBRILLATION, IS_A),), {})
    run("compile", "--rf2", "release")
    Path("cds.toml").write_text(
        '[site]\nsnomed_codes = "snomed-codes.csv"\n'
        '[clients.north]\nissuer = "https://n.example"\njwks_file = "n.json"\n'
        '[clients.north.site_map]\nzone = "Europe/Copenhagen"\n',
        encoding="utf-8",
    )
    client = load(Path("cds.toml")).clients["north"]
    assert client.site_map is not None
    assert str(NEW) in client.site_map.snomed


def test_a_folder_without_a_release_is_refused_in_words() -> None:
    Path("empty").mkdir()
    result = run("compile", "--rf2", "empty")
    assert result.exit_code == 1
    assert "0 files are named" in result.output


def test_a_site_file_that_cannot_be_used_is_refused_at_the_start() -> None:
    Path("cds.toml").write_text('[site]\nsnomed_codes = "none.csv"\n', encoding="utf-8")
    with pytest.raises(ConfigError, match=r"site\.snomed_codes: none\.csv: No such file"):
        load(Path("cds.toml"))
