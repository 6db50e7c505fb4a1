"""The app as a clinician meets it: launched in the EHR's own page, and read by everyone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect, sync_playwright

from tests.launches import PATIENT, Site, site, smoker
from tests.smart_server import ehr

SWITCHES = ["--no-sandbox", "--disable-background-networking", "--disable-component-update"]
LOOKS = [("light", 1280), ("dark", 360), ("light", 320)]


@pytest.fixture(scope="module")
def here() -> Iterator[Site]:
    with ehr(*smoker()) as made, site(made) as found:
        made.app = found.launch_url()
        yield found


@pytest.fixture(scope="module")
def browser(chromium: Path) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=SWITCHES)
        yield started
        started.close()


def test_a_card_is_opened_in_the_ehrs_page_read_and_overridden(
    browser: Browser, here: Site, tmp_path: Path
) -> None:
    context = browser.new_context(viewport={"width": 520, "height": 760})
    page = context.new_page()
    complaints: list[str] = []
    addresses: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("request", lambda request: addresses.append(request.url))
    page.goto(f"{here.ehr.origin}/chart")
    frame = page.frame_locator("iframe")
    expect(frame.get_by_role("heading", name="ASCVD")).to_be_visible(timeout=60_000)
    expect(frame.get_by_text("Computed anew just now")).to_be_visible()
    page.screenshot(path=tmp_path / "in-the-ehr.png")
    inner = page.frames[1]
    kept = inner.evaluate("[localStorage.length, sessionStorage.length, document.cookie]")
    assert kept == [0, 0, ""]
    assert context.cookies() == []
    frame.get_by_label("Why?").select_option("patient-refuses")
    frame.get_by_role("button", name="Override this card").click()
    expect(frame.get_by_text("Stored: overridden.")).to_be_visible(timeout=60_000)
    context.close()
    assert not [each for each in addresses if PATIENT in each]
    assert complaints == []


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_the_page_is_accessible_and_fits(
    browser: Browser, here: Site, tmp_path: Path, *, scheme: str, width: int
) -> None:
    context = browser.new_context(
        color_scheme="dark" if scheme == "dark" else "light",
        viewport={"width": width, "height": 800},
    )
    page = context.new_page()
    page.goto(here.launch_url())
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    page.screenshot(path=tmp_path / f"detail-{scheme}-{width}.png", full_page=True)
    found = Axe().run(page).response["violations"]
    assert [(each["id"], [node["target"] for node in each["nodes"]]) for each in found] == []
    assert page.evaluate("document.documentElement.scrollWidth") == width
    context.close()


def test_a_refusal_is_accessible_and_tells_no_one_apart(browser: Browser, here: Site) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{here.url}/smart/callback?code=c&state=s")
    expect(page.get_by_role("heading")).to_have_text("This page cannot be opened")
    assert Axe().run(page).response["violations"] == []
    context.close()
