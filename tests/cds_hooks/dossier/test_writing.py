import re
from html import unescape
from pathlib import Path

from playwright.sync_api import Browser

from cds_hooks.dossier.facts import TO_COMPLETE
from cds_hooks.dossier.writing import CARD, PAGES, documents, write
from tests.cds_hooks.dossier.told import told


def test_every_page_says_its_version_and_that_it_is_a_draft() -> None:
    found = told("sepsis-risk")
    made = documents(found)
    assert set(made) == {"index.html", CARD, *(f"{name}.html" for name in PAGES)}
    for name, content in made.items():
        if name != CARD:
            shown = content.decode()
            assert found.sha256 in shown
            assert "no proof of conformity" in shown
            assert TO_COMPLETE in shown


def test_the_page_of_source_attributes_has_all_of_them() -> None:
    found = told("sepsis-risk")
    shown = unescape(documents(found)["source-attributes.html"].decode())
    rows = re.findall(r"<tr><td>(\d+)</td>", shown)
    assert rows == [str(number) for number in range(1, 32)]
    for each in found.attributes.attributes:
        assert found.said(each.key) in shown


def test_the_pages_fit_a_phone_and_print(browser: Browser, tmp_path: Path) -> None:
    write(told("sepsis-risk"), tmp_path)
    with browser.new_page(viewport={"width": 360, "height": 700}) as page:
        for path in sorted(tmp_path.glob("*.html")):
            page.goto(path.as_uri())
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= 360, path.name
            assert page.pdf().startswith(b"%PDF")
        page.goto((tmp_path / "index.html").as_uri())
        for link in page.locator("a").all():
            assert (tmp_path / (link.get_attribute("href") or "")).is_file()
