"""The pages in Chromium: accessible, quiet, from this host alone, and usable by keyboard."""

import json
from collections.abc import Iterator
from threading import Thread

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import select
from werkzeug.serving import make_server

from cds_hooks.bundles.samples import samples
from cds_hooks.settings.settings import demo_settings
from cds_hooks.store.recorder import Recorder
from cds_hooks.store.schema import feedback
from tests.browsing import LOOKS, faults, looking, pictured
from tests.stores import recorder, served

UNFOLD = """
const folded = document.querySelectorAll("details:not([aria-labelledby=raw] details + details)");
folded.forEach((each) => { each.open = true; });
"""
"""Everything is shown, but of the raw exchanges, which are long, only the first."""
PAGES = {
    "home": "/",
    "try": "/try",
    "score": "/services/af-stroke-risk",
    "model": "/services/sepsis-risk",
    "nothing": "/services/none",
}


@pytest.fixture(scope="module")
def keeping() -> Recorder:
    return recorder()


@pytest.fixture(scope="module")
def address(keeping: Recorder) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, served(demo_settings(), keeping), threaded=True)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


class Watched:
    """A browser's window, with everything that it complained of or asked another host for."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.page = context.new_page()
        self.address = address
        self.complaints: list[str] = []
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self._asked(request.url))

    def _asked(self, url: str) -> None:
        if not url.startswith(f"{self.address}/"):
            self.complaints.append(f"asked elsewhere: {url}")

    def open(self, path: str) -> Page:
        self.page.goto(f"{self.address}{path}")
        return self.page


@pytest.fixture
def watched(browser: Browser, address: str) -> Iterator[Watched]:
    context = browser.new_context()
    yield Watched(context, address)
    context.close()


def open_chart(page: Page, sample: str, service: str) -> None:
    page.get_by_label("Sample patient").select_option(sample)
    page.get_by_label("Call").select_option(service)
    page.get_by_role("button", name="Open the chart").click()


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_every_page_is_accessible_fits_and_asks_no_other_host(
    browser: Browser, address: str, *, scheme: str, width: int
) -> None:
    context = looking(browser, scheme, width=width)
    window = Watched(context, address)
    found = {}
    for name, path in PAGES.items():
        found[name] = faults(window.open(path))
        pictured(window.page, f"{name}-{scheme}-{width}")
    open_chart(window.open("/try"), "patient-risks-fires", "")
    window.page.evaluate(UNFOLD)
    found["cards"] = faults(window.page)
    pictured(window.page, f"cards-{scheme}-{width}")
    context.close()
    assert [each for each in found.items() if each[1]] == []
    # The page that is not there is told by the browser as well.
    assert [each for each in window.complaints if "404" not in each] == []


def test_a_card_is_opened_and_accepted_by_keyboard_alone(
    watched: Watched, keeping: Recorder
) -> None:
    page = watched.open("/try?sample=lab-safety-fires&service=lab-safety")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Skip to the content")
    enter(page, "Open the chart")
    expect(page.get_by_role("heading", name="Chart opened")).to_be_visible()
    enter(page, "Accept: Request a 12-lead ECG now")
    told = page.get_by_role("status").first
    expect(told).to_contain_text("Stored: accepted.")
    expect(told).to_be_focused()
    expect(page.get_by_role("button", name="Accepted: Request a 12-lead ECG now")).to_be_visible()
    with keeping.store.reading() as connection:
        row = connection.execute(select(feedback).order_by(feedback.c.received_at.desc())).first()
    assert row
    assert (row.outcome, row.orphan, row.mismatch) == ("accepted", False, False)
    assert watched.complaints == []


def enter(page: Page, words: str) -> None:
    """Goes on by Tab to what says that, and presses Enter there."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent").strip() == words:
            page.keyboard.press("Enter")
            return
    raise AssertionError(f"Tab does not come to {words}")


def test_what_would_be_written_can_be_seen_before_it_is_accepted(watched: Watched) -> None:
    page = watched.open("/try")
    open_chart(page, "lab-safety-fires", "lab-safety")
    card = page.locator("article.critical").first
    card.get_by_text("What would be written").first.click()
    written = json.loads(card.locator("pre").first.inner_text())
    assert (written["resourceType"], written["status"]) == ("ServiceRequest", "draft")


def test_a_card_is_overridden_with_a_reason_and_not_twice(watched: Watched) -> None:
    page = watched.open("/try")
    open_chart(page, "af-stroke-risk-fires", "af-stroke-risk")
    card = page.locator("article").first
    card.get_by_text("Override", exact=True).click()
    card.get_by_label("Why?").select_option("patient-refuses")
    card.get_by_label("Comment").fill("will think about it")
    card.get_by_role("button", name="Override this card").click()
    told = card.get_by_role("status")
    expect(told).to_contain_text("Stored: overridden. Patient declines")
    expect(told).to_contain_text("will think about it")
    accept = card.get_by_role("button", name="Accept:")
    expect(accept).to_have_attribute("aria-disabled", "true")
    accept.click(force=True)
    expect(told.locator(".stored")).to_have_count(1)


def test_feedback_that_cannot_be_kept_is_said_and_can_be_sent_again(watched: Watched) -> None:
    page = watched.open("/try")
    open_chart(page, "lab-safety-fires", "lab-safety")
    refused = {"resourceType": "OperationOutcome", "issue": [{"details": {"text": "no room"}}]}
    page.route("**/feedback", lambda route: route.fulfill(status=503, json=refused))
    accept = page.get_by_role("button", name="Accept:").first
    accept.click()
    expect(page.get_by_role("status").first).to_contain_text("Not stored: no room.")
    page.unroute("**/feedback")
    accept.click()
    expect(page.get_by_role("status").first).to_contain_text("Stored: accepted.")


def test_a_chart_of_ones_own_is_opened(watched: Watched) -> None:
    page = watched.open("/try")
    page.get_by_label("or your own FHIR Bundle").set_input_files(samples()["kidney-risk-fires"])
    page.get_by_role("button", name="Open the chart").click()
    expect(page.locator(".patient")).to_contain_text("kidney-risk-fires.json")
    expect(page.locator("article.card").first).to_be_visible()


def test_without_a_script_a_card_is_accepted_all_the_same(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/try")
    open_chart(page, "lab-safety-fires", "lab-safety")
    page.get_by_role("button", name="Accept:").first.click()
    expect(page.get_by_text("Stored: accepted.")).to_be_visible()
    context.close()


def test_a_service_page_prints_whole_and_black_on_white(watched: Watched) -> None:
    page = watched.open("/services/sepsis-risk")
    page.set_viewport_size({"width": 680, "height": 960})  # A4 within its margins
    page.emulate_media(media="print", color_scheme="dark")
    shown = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert shown == "rgb(255, 255, 255)"
    pictured(page, "printed")
    assert page.locator("nav").is_hidden()
    assert page.get_by_text("What was done to make the output fair").is_visible()
    assert page.evaluate("[...document.images].every((each) => each.naturalWidth > 0)")
    cut = "[...document.querySelectorAll('.scroll')].filter((e) => e.scrollWidth > innerWidth)"
    assert page.evaluate(f"{cut}.map((each) => each.getAttribute('aria-label'))") == []
