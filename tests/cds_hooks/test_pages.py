"""The page shows a patient's cards once: together, and each service by itself behind a click."""

import re

import pytest

from cds_hooks.config import demo_settings
from cds_hooks.web import create_app


@pytest.fixture(scope="module")
def page() -> str:
    client = create_app(demo_settings()).test_client()
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
