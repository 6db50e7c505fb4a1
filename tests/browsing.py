"""Chromium without a window, in the looks of a page, and what is wrong with what it shows."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

SWITCHES = ["--no-sandbox", "--disable-background-networking", "--disable-component-update"]
PICTURES = Path(__file__).parent.parent / "var" / "screenshots"
"""Where the pages lie as they looked, for people to judge."""

LOOKS = [("light", 1280), ("dark", 360)]
"""A scheme of colours and a width in pixels each."""


@contextmanager
def launched(program: Path) -> Iterator[Browser]:
    """The browser, for as long as it is needed."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=SWITCHES)
        yield started
        started.close()


def looking(browser: Browser, scheme: str, *, width: int) -> BrowserContext:
    """A window of that look."""
    return browser.new_context(
        color_scheme="dark" if scheme == "dark" else "light",
        viewport={"width": width, "height": 800},
    )


def faults(page: Page) -> list[tuple[str, list[object]]]:
    """What axe-core finds, and a page that is wider than the window."""
    # What is in order is not described: on a long page that takes longer than the checks.
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    told = [(each["id"], [node["target"] for node in each["nodes"]]) for each in found]
    wider = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    return [*told, *([("wider than the window", [])] if wider else [])]


def pictured(page: Page, name: str) -> None:
    """Keeps how the whole page looks."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"{name}.png", full_page=True)
