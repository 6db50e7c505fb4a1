"""The app as a clinician meets it: launched in the EHR's own page, and read by everyone."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browsing import LOOKS, faults, looking, pictured
from tests.launches import PATIENT, Site, site, smoker
from tests.smart_server import ehr


@pytest.fixture(scope="module")
def here() -> Iterator[Site]:
    with ehr(*smoker()) as made, site(made) as found:
        made.app = found.launch_url()
        yield found


def test_a_card_is_opened_in_the_ehrs_page_read_and_overridden(
    browser: Browser, here: Site
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
    inner = page.frames[1]
    pictured(page, "in-the-ehr")
    kept = inner.evaluate("[localStorage.length, sessionStorage.length, document.cookie]")
    assert kept == [0, 0, ""]
    assert context.cookies() == []
    frame.get_by_label("Why?").select_option("patient-refuses")
    frame.get_by_role("button", name="Override this card").click()
    expect(frame.get_by_text("Stored: overridden.")).to_be_visible(timeout=60_000)
    context.close()
    assert not [each for each in addresses if PATIENT in each]
    assert complaints == []


@pytest.mark.parametrize(("scheme", "width"), [*LOOKS, ("light", 320)])
def test_the_page_is_accessible_and_fits(
    browser: Browser, here: Site, *, scheme: str, width: int
) -> None:
    context = looking(browser, scheme, width=width)
    page = context.new_page()
    page.goto(here.launch_url())
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    pictured(page, f"detail-{scheme}-{width}")
    assert faults(page) == []
    context.close()


def test_a_refusal_is_accessible_and_tells_no_one_apart(browser: Browser, here: Site) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{here.url}/smart/callback?code=c&state=s")
    expect(page.get_by_role("heading")).to_have_text("This page cannot be opened")
    assert faults(page) == []
    context.close()
