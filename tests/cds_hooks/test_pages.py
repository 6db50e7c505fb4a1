"""The page shows a patient's cards once: together, and each service by itself behind a click."""

import re
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Page, sync_playwright
from werkzeug.serving import make_server

from cds_hooks.config import Settings, demo_settings
from tests.stores import served

SWITCHES = ["--no-sandbox", "--disable-background-networking", "--disable-component-update"]


@pytest.fixture(scope="module")
def page() -> str:
    client = served(demo_settings()).test_client()
    return client.get("/?sample=patient-risks-fires").get_data(as_text=True)


def _summaries(html: str) -> list[str]:
    return re.findall(r'<h4><span class="indicator">\w+</span> (.*?)</h4>', html)


def test_the_cards_of_all_services_come_first_and_each_by_itself_is_folded_away(page: str) -> None:
    shown, _, folded = page.partition("<summary>Each service by itself</summary>")
    together = _summaries(shown)
    assert together[0].startswith("Severe hyperkalaemia")
    assert len(together) == 4
    assert set(together[:-1]) < set(_summaries(folded))


def test_the_page_is_a_document_from_its_first_character(page: str) -> None:
    assert page.startswith("<!doctype html>")


def test_without_the_demo_there_are_no_patients_on_the_page() -> None:
    html = served(Settings()).test_client().get("/").get_data(as_text=True)
    assert "Sample patients" not in html
    assert "Laboratory safety" in html
    assert "early-warning" not in html


def test_a_sample_that_is_not_there_is_404() -> None:
    assert served(demo_settings()).test_client().get("/?sample=nobody").status_code == 404


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    server = make_server("127.0.0.1", 0, served(demo_settings()), threaded=True)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()


@pytest.fixture
def browser_page(chromium: Path) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=SWITCHES)
        yield browser.new_page()
        browser.close()


def test_a_person_opens_a_chart_and_sees_what_would_be_written(
    browser_page: Page, address: str
) -> None:
    complaints: list[str] = []
    browser_page.on("console", lambda message: complaints.append(message.text))
    browser_page.goto(address)
    browser_page.get_by_label("Patient", exact=True).select_option("lab-safety-fires")
    browser_page.get_by_role("button", name="Open chart").click()
    card = browser_page.locator("article.critical").first
    assert "Severe hyperkalaemia" in card.inner_text()
    card.get_by_text("Request a 12-lead ECG now").click()
    written = card.locator("pre").first
    assert written.is_visible()
    assert '"resourceType": "ServiceRequest"' in written.inner_text()
    assert complaints == []
