from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cds_hooks.commands.cli import main
from predictors import catalogue
from predictors.model_folder import CARD, MANIFEST, MODEL
from predictors.training.artefact import write
from tests.predictors.synthetic import declared, trained


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A site with a version of its own beside the only model there is."""
    predictor = declared(folder=tmp_path / "package" / "test_risk")
    write(trained(predictor))
    write(trained(predictor), tmp_path / "site" / "test-risk" / "spring")
    monkeypatch.setattr(catalogue, "tree_models", lambda: {predictor.name: predictor})
    settings = f'[models]\nfolder = "{tmp_path}/site"\nverdicts = "{tmp_path}/verdicts.json"\n'
    (tmp_path / "cds.toml").write_text(settings)
    return tmp_path


def run(site: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["models", *arguments, "--config", str(site / "cds.toml")])


def versions(site: Path) -> list[str]:
    return run(site, "list").output.splitlines()


def test_every_version_is_listed_with_its_role(site: Path) -> None:
    assert versions(site) == ["test-risk  shipped  1  active", "test-risk  spring  1"]


def test_a_version_is_activated_and_the_shipped_one_again(site: Path) -> None:
    told = run(site, "activate", "test-risk", "spring")
    assert told.output == "test-risk spring is the active version from the next start on\n"
    assert versions(site)[1] == "test-risk  spring  1  active"
    assert run(site, "activate", "test-risk", "shipped").exit_code == 0
    assert versions(site)[0] == "test-risk  shipped  1  active"


def test_a_trial_ends_when_the_challenger_becomes_the_active_version(site: Path) -> None:
    run(site, "activate", "test-risk", "spring", "--challenger")
    assert versions(site)[1] == "test-risk  spring  1  challenger"
    run(site, "activate", "test-risk", "spring")
    assert versions(site) == ["test-risk  shipped  1", "test-risk  spring  1  active"]
    run(site, "activate", "test-risk", "shipped")
    assert versions(site) == ["test-risk  shipped  1  active", "test-risk  spring  1"]


def test_a_trial_ends_when_the_active_version_is_its_own_challenger(site: Path) -> None:
    run(site, "activate", "test-risk", "spring", "--challenger")
    run(site, "activate", "test-risk", "shipped", "--challenger")
    assert versions(site) == ["test-risk  shipped  1  active", "test-risk  spring  1"]


def test_verify_tells_of_every_version_and_fails_if_one_must_not_be_served(site: Path) -> None:
    assert run(site, "verify").exit_code == 0
    model = site / "site" / "test-risk" / "spring" / MODEL
    model.write_text(model.read_text().replace("1", "2", 1))
    told = run(site, "verify", "test-risk")
    assert told.exit_code == 1
    assert told.output.splitlines() == [
        "test-risk  shipped  verified",
        "test-risk  spring  model.txt is not the one that was trained",
    ]


def test_a_damaged_version_cannot_be_activated(site: Path) -> None:
    (site / "site" / "test-risk" / "spring" / MODEL).write_text("")
    told = run(site, "activate", "test-risk", "spring")
    assert told.exit_code == 1
    assert "must not be served: model.txt is not the one that was trained" in told.output
    assert versions(site)[0].endswith("active")


def test_an_edited_card_is_pinned_again_and_edited_trees_are_not(site: Path) -> None:
    folder = site / "package" / "test_risk"
    (folder / CARD).write_text('[funding]\nnot_available = "not declared"\n')
    assert CliRunner().invoke(main, ["models", "seal", "test-risk"]).exit_code == 0
    assert "shipped  verified" in run(site, "verify").output
    (folder / MODEL).write_text("tree")
    told = CliRunner().invoke(main, ["models", "seal", "test-risk"])
    assert (told.exit_code, "model.txt was changed" in told.output) == (1, True)


def test_a_version_that_cannot_be_read_is_listed(site: Path) -> None:
    (site / "site" / "test-risk" / "spring" / MANIFEST).write_text("{}")
    assert versions(site)[1] == "test-risk  spring  (unreadable)"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("activate", "test-risk", "autumn"), "has no version autumn"),
        (("activate", "other-risk", "1"), "there is no model other-risk"),
        (("verify", "other-risk"), "there is no model other-risk"),
    ],
)
def test_what_there_is_not_is_named(site: Path, arguments: tuple[str, ...], told: str) -> None:
    answer = run(site, *arguments)
    assert answer.exit_code == 1
    assert told in answer.output


def test_without_a_folder_of_the_site_nothing_is_activated(site: Path) -> None:
    (site / "cds.toml").write_text("")
    told = run(site, "activate", "test-risk", "shipped")
    assert (told.exit_code, "names no folder of models" in told.output) == (1, True)
