import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cds_hooks.commands.cli import main
from cds_hooks.training import downloads
from cds_hooks.training.downloads import PublicData, PublicFile
from predictors import manifest as manifests
from predictors.models import sepsis_risk
from tests.cds_hooks.engine.service_at_hand import CDSService, listening
from tests.cds_hooks.model_registry.made_up_model import NAME, developed, install

FEW = ("--format", "gbsg", "--replicates", "5")


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return install(tmp_path, monkeypatch)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "cds.toml"
    file.write_text(f'[models]\nfolder = "{tmp_path / "site"}"\nverdicts = "{tmp_path / "v"}"\n')
    return file


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(each) for each in arguments])


def test_validate_prints_the_tables(data: Path, config: Path) -> None:
    ran = run("validate", NAME, "--data", data, "--config", config, *FEW)
    assert ran.exit_code == 0, ran.output
    assert "### test-risk 1 on made-up patients" in ran.stdout
    assert "| AUROC" in ran.stdout
    assert "| alert" in ran.stdout


def test_validate_writes_json_and_html(data: Path, config: Path, tmp_path: Path) -> None:
    files = tmp_path / "report.json", tmp_path / "report.html"
    ran = run(
        *("validate", NAME, "--data", data, "--config", config, *FEW),
        *("--json", files[0], "--html", files[1]),
    )
    assert ran.exit_code == 0, ran.output
    assert json.loads(files[0].read_bytes())["rows"] == 600
    assert files[1].read_text(encoding="utf-8").startswith("<!doctype html>")


def test_validate_publishes_the_report_of_the_version_that_it_judged(
    data: Path, config: Path, tmp_path: Path
) -> None:
    to = ("--publish", tmp_path)
    ran = run("validate", NAME, "--data", data, "--config", config, *FEW, *to)
    assert ran.exit_code == 0, ran.output
    report = json.loads((tmp_path / "validation" / "report.json").read_bytes())
    assert (report["model"], report["version"]) == (NAME, "1")
    assert (tmp_path / "validation" / "calibration.svg").is_file()


def test_only_those_whom_training_set_aside_can_be_asked_for(data: Path, config: Path) -> None:
    ran = run("validate", NAME, "--data", data, "--config", config, *FEW, "--held-out")
    assert "300 assessments of 300 patients" in ran.stdout


def test_a_model_can_be_judged_by_trees_that_never_saw_the_patients(
    data: Path, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ("validate", NAME, "--data", data, "--config", config, *FEW, "--as-developed")
    assert "see --held-out" in run(*asked).stderr
    monkeypatch.setattr(
        sys.modules["predictors.models.test_risk.train"], "developed", developed, raising=False
    )
    assert "### test-risk 1 on as developed" in run(*asked).stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("validate", "other", *FEW), "there is no model other; there are: test-risk"),
        (("validate", NAME, *FEW), "say by --data"),
        (("validate", NAME, "--data", "nowhere", *FEW), "there is nothing at nowhere"),
        (("validate", NAME, "--format", "cinc2019", "--data", "."), "is not cinc2019"),
        (("validate", NAME, "--version", "9", "--data", ".", *FEW), "has no version 9"),
        (("validate", NAME, "--format", "fhir", "--data", "."), "no service uses test-risk"),
        (("train", NAME), "say by --data"),
        (("train", "sepsis-risk", "--download"), "into which folder"),
        (("train", NAME, "--download", "--data", "."), "nothing to download"),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, tuple) else "",
)
def test_what_cannot_be_done_is_told_in_a_line(
    arguments: tuple[str, ...], told: str, data: Path
) -> None:
    ran = run(*arguments)
    assert ran.exit_code == 1
    assert told in ran.stderr
    assert "Traceback" not in ran.stderr
    assert data.exists()


def test_training_again_gives_the_same_model(data: Path, tmp_path: Path) -> None:
    shipped = (tmp_path / "models" / "test_risk" / "model.txt").read_bytes()
    ran = run("train", NAME, "--data", data, "--out", tmp_path / "made")
    assert ran.exit_code == 0, ran.output
    assert (tmp_path / "made" / "model.txt").read_bytes() == shipped
    assert (tmp_path / "made" / "card.toml").is_file()
    assert "internal  auroc  0.8 (0.7 to 0.9)" in ran.stdout
    assert re.search(r"Trained in \d+\.\d minutes", ran.stderr)


def test_without_torch_the_extra_that_holds_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    for module in ("network", "sequence"):
        monkeypatch.delitem(sys.modules, f"{sepsis_risk.__name__}.{module}", raising=False)
        monkeypatch.delattr(sepsis_risk, module, raising=False)
    ran = run("train", "sepsis-risk", "--data", ".", "--challenger", "--out", "unused")
    assert ran.exit_code == 1
    assert "cds-hooks-server[train,train-deep]' (torch is missing)" in ran.stderr


def test_a_recalibration_is_a_new_version_that_can_be_validated_and_activated(
    data: Path, config: Path, tmp_path: Path
) -> None:
    shipped = tmp_path / "models" / "test_risk" / "manifest.json"
    before = shipped.read_bytes()
    chosen = ("--data", data, "--config", config, *FEW)
    ran = run("recalibrate", NAME, *chosen, "--name", "2026-site")
    assert ran.exit_code == 0, ran.output
    assert "cds-hooks models activate test-risk 2026-site" in ran.stdout
    assert shipped.read_bytes() == before
    made = manifests.read((tmp_path / "site" / NAME / "2026-site" / "manifest.json").read_bytes())
    assert made.version == "1+2026-site"
    ran = run("validate", NAME, *chosen, "--version", "2026-site")
    assert "### test-risk 1+2026-site on made-up patients" in ran.stdout
    assert "| calibration slope          | 1.000" in ran.stdout


def test_an_alert_budget_is_refused_by_a_model_without_a_threshold_for_it(
    data: Path, config: Path
) -> None:
    chosen = ("--data", data, "--config", config, *FEW, "--name", "mine")
    ran = run("recalibrate", NAME, *chosen, "--alerts-per-100-patient-days", "20")
    assert ran.exit_code == 1
    assert "test-risk has no threshold that an alert budget sets" in ran.stderr


def test_a_version_is_never_overwritten(data: Path, config: Path, tmp_path: Path) -> None:
    (tmp_path / "site" / NAME / "mine").mkdir(parents=True)
    chosen = ("--data", data, "--config", config, *FEW, "--name", "mine")
    ran = run("recalibrate", NAME, *chosen)
    assert ran.exit_code == 1
    assert "not overwritten" in ran.stderr


@pytest.mark.parametrize("name", ["../out", "..", "a/b", "", "shipped"])
def test_a_version_has_a_plain_name_of_its_own(name: str, data: Path, config: Path) -> None:
    ran = run("recalibrate", NAME, "--data", data, "--config", config, *FEW, "--name", name)
    assert ran.exit_code == 1
    assert "a version is named by letters" in ran.stderr


def test_a_recalibration_needs_a_folder_of_the_sites_own(data: Path) -> None:
    ran = run("recalibrate", NAME, "--data", data, *FEW, "--name", "mine")
    assert "cds.toml names no folder" in ran.stderr


def test_a_damaged_model_is_not_validated(data: Path, config: Path, tmp_path: Path) -> None:
    with (tmp_path / "models" / "test_risk" / "model.txt").open("a") as text:
        text.write(" ")
    ran = run("validate", NAME, "--data", data, "--config", config, *FEW)
    assert ran.exit_code == 1
    assert "model.txt is not the one that was trained" in ran.stderr


def test_a_download_shows_licence_citation_and_hash(
    data: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with listening(CDSService(discovery=b"x")) as publisher:
        files = (PublicFile(f"{publisher.url}/file", "file.txt"),)
        public = PublicData("Made up", "https://example.org", "None", "Nobody 2026", files)
        monkeypatch.setitem(downloads.PUBLIC, NAME, public)
        folder = tmp_path / "fetched"
        ran = run("train", NAME, "--download", "--data", folder, "--out", tmp_path / "made")
    assert ran.exit_code == 0, ran.output
    assert "Please cite: Nobody 2026" in ran.stderr
    assert "not pinned: compare it with the publisher's" in ran.stderr
    assert (folder / "file.txt").read_bytes() == b"x"
    assert data.exists()


def test_the_command_line_starts_without_what_trains() -> None:
    program = (
        "import sys, cds_hooks.commands.cli; sys.exit(any(name.partition('.')[0] in "
        "('matplotlib', 'pandas', 'sklearn', 'lightgbm') or name.startswith('predictors.training') "
        "for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
