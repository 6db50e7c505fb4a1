"""What the pages say, as a browser without a script gets them."""

import re
from html import unescape
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from msgspec.structs import replace

from cds_hooks.engine.service import services
from cds_hooks.settings.services import ServiceSettings
from cds_hooks.settings.settings import Settings, demo_settings
from predictors import manifest, validation_report
from predictors.manifest import Manifest
from predictors.model_folder import MANIFEST, MODEL
from predictors.tree_model import model_of, require_model
from tests.stores import served

MODELS = [each.id for each in services().values() if any(map(model_of, each.uses))]
DOCUMENT = Path(__file__).parents[3] / "docs" / "models.md"
OFF = {"sepsis-risk": ServiceSettings(mode="off")}


@pytest.fixture(scope="module")
def client() -> FlaskClient:
    return served(demo_settings()).test_client()


@pytest.fixture(scope="module")
def production() -> FlaskClient:
    return served(Settings()).test_client()


def words(html: str) -> str:
    """The text that a person reads, on one line."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def text(client: FlaskClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return words(answer.get_data(as_text=True))


def test_a_page_is_a_document_from_its_first_character(client: FlaskClient) -> None:
    assert client.get("/").get_data(as_text=True).startswith("<!doctype html>")


def test_the_first_page_has_every_service_with_its_sentence(client: FlaskClient) -> None:
    told = text(client, "/")
    for each in services().values():
        assert f"{each.title} {each.description}" in told


def test_the_first_page_says_how_to_connect_and_to_call(client: FlaskClient) -> None:
    told = text(client, "/")
    assert "http://localhost/cds-services" in told
    assert "curl -s http://localhost/cds-services/lab-safety" in told
    assert f"Ready: {len(services())} services answer" in told


def test_what_is_degraded_is_told_on_the_first_page(monkeypatch: pytest.MonkeyPatch) -> None:
    ill = {"models": {"sepsis-risk": "damaged"}}
    monkeypatch.setattr("cds_hooks.web.home.found", lambda *_: ill)
    told = text(served(demo_settings()).test_client(), "/")
    assert "It answers, with less than everything: models: sepsis-risk: damaged" in told


def test_in_production_there_are_services_and_no_patients(production: FlaskClient) -> None:
    told = text(production, "/")
    assert "Laboratory safety" in told
    assert "Early warning" not in told
    assert "Try it" not in told
    assert "Sample patient" not in told


@pytest.mark.parametrize("id", services())
def test_every_service_has_a_page_of_all_that_it_declares(client: FlaskClient, id: str) -> None:
    service, told = services()[id], text(client, f"/services/{id}")
    assert service.description in told
    assert " ".join(service.usage_requirements.split()) in told
    for predictor in service.uses:
        assert predictor.citation in told
        assert predictor.population in told


def test_an_input_is_told_with_its_unit_and_codes(client: FlaskClient) -> None:
    told = text(client, "/services/lab-safety")
    assert "Potassium all values mmol/L 90 days LOINC 2823-3, 6298-4, 75940-7, 39789-3" in told


@pytest.mark.parametrize("id", MODELS)
def test_a_models_page_tells_how_well_it_does(client: FlaskClient, id: str) -> None:
    told = text(client, f"/services/{id}")
    assert "Validated on" in told
    assert re.search(r"PPV at “\w+” 0\.\d{3} 95 %: 0\.", told)
    assert "By subgroup" in told
    assert "Validity in data of another source" in told
    assert "Tasks, situations and patients it is not for" in told
    assert "31" in told


def shipped(id: str) -> tuple[Path, Manifest]:
    """The folder of the model that a service uses, and its manifest."""
    folder = require_model(next(filter(model_of, services()[id].uses))).folder
    return folder, manifest.read((folder / MANIFEST).read_bytes())


@pytest.mark.parametrize("id", MODELS)
def test_the_report_beside_a_model_is_of_the_version_that_is_served(id: str) -> None:
    assert validation_report.read(*shipped(id)) is not None


def test_a_report_of_another_version_or_of_other_trees_is_not_shown() -> None:
    folder, made = shipped("sepsis-risk")
    assert validation_report.read(folder, replace(made, version="another")) is None
    assert validation_report.read(folder, replace(made, files={MODEL: "0"})) is None


@pytest.mark.parametrize("id", MODELS)
def test_the_page_and_the_document_say_the_same_of_a_model(id: str) -> None:
    report = validation_report.read(*shipped(id))
    assert report
    document = DOCUMENT.read_text(encoding="utf-8")
    assert report.summary in document
    for row in (row for table in report.tables for row in table.rows):
        assert re.search(r"\| " + r" +\| ".join(map(re.escape, row)) + r" +\|", document)


def test_every_plot_is_served_and_has_a_text(client: FlaskClient) -> None:
    html = client.get("/services/breast-cancer-recurrence").get_data(as_text=True)
    shown = re.findall(r'<img src="(/services/[^"]+)" alt="([^"]+)"', html)
    assert len(shown) == 4
    for address, told in shown:
        answer = client.get(address)
        assert answer.content_type == "image/svg+xml"
        assert answer.data.startswith(b"<svg")
        assert "." in told


@pytest.mark.parametrize("file", ["report.json", "none.svg", "..%2Fmanifest.json"])
def test_nothing_but_the_plots_is_served(client: FlaskClient, file: str) -> None:
    address = f"/services/sepsis-risk/validation/sepsis-risk/{file}"
    assert client.get(address).status_code == 404


def test_a_service_that_is_not_there_or_off_is_a_page_that_says_so(client: FlaskClient) -> None:
    for asked in (client, served(Settings(demo=True, services=OFF)).test_client()):
        path = "/services/none" if asked is client else "/services/sepsis-risk"
        answer = asked.get(path)
        assert answer.status_code == 404
        assert "There is no such service here." in words(answer.get_data(as_text=True))


def test_a_sites_own_threshold_takes_the_place_of_what_validation_knows() -> None:
    own = {"sepsis-risk": ServiceSettings(thresholds={"alerts": 0.2})}
    site = served(Settings(demo=True, services=own)).test_client()
    assert "alerts 20 % (this site's own) not known" in text(site, "/services/sepsis-risk")
