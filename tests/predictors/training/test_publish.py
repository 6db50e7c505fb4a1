"""What is published of a validation is what it found, beside the version that it judged."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from predictors import manifest, validation_report
from predictors.manifest import Manifest
from predictors.model_folder import MANIFEST
from predictors.training.publish import publish
from predictors.training.report import tables
from predictors.validation_report import FOLDER
from tests.predictors.training.test_validation import of_recurrence, of_stays

SEPSIS = Path(__file__).parents[3] / "predictors" / "models" / "sepsis_risk"


def judged() -> Manifest:
    return manifest.read((SEPSIS / MANIFEST).read_bytes())


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a validation was published."""
    folder = tmp_path_factory.mktemp("published")
    publish(of_stays(), judged(), folder)
    return folder


def test_what_is_published_is_read_again_with_every_table_and_plot(published: Path) -> None:
    report = validation_report.read(published, judged())
    assert report
    assert report.tables == tables(of_stays())
    files = {each.file for each in report.pictures}
    assert files == {path.name for path in (published / FOLDER).glob("*.svg")}
    assert "subgroups.svg" in files


def test_plots_of_an_earlier_validation_do_not_stay(tmp_path: Path) -> None:
    publish(of_stays(), judged(), tmp_path)
    publish(of_recurrence(), judged(), tmp_path)
    assert not (tmp_path / FOLDER / "roc-curve.svg").exists()


def test_a_plot_carries_the_colours_of_both_schemes_and_asks_for_nothing(published: Path) -> None:
    drawn = (published / FOLDER / "roc-curve.svg").read_text(encoding="utf-8")
    assert "prefers-color-scheme: dark" in drawn
    assert "<script" not in drawn
    assert 'href="http' not in drawn


def test_it_is_not_read_beside_another_version(published: Path) -> None:
    assert validation_report.read(published, replace(judged(), version="2026-site")) is None


def test_where_nothing_was_published_nothing_is_read(tmp_path: Path) -> None:
    assert validation_report.read(tmp_path, judged()) is None
