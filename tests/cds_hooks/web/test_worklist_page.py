"""The worklist's page, in Chromium: accessible, quiet, from this computer alone."""

from collections.abc import Iterator
from datetime import UTC, datetime
from threading import Thread

import pytest
from playwright.sync_api import Browser
from werkzeug.serving import make_server

from cds_hooks.web.worklist_page import Shown, create_worklist_app
from cds_hooks.worklist.candidates import AssessedRisk, Candidate
from cds_hooks.worklist.listing import entries
from cds_hooks.worklist.planning import plan
from cds_hooks.worklist.site import one_team
from tests.browsing import LOOKS, faults, looking, pictured

PEOPLE = (
    Candidate("Ward patient 1", critical=("potassium 7.1 mmol/L",), location="north"),
    Candidate("Ward patient 2", (AssessedRisk("sepsis-risk", "sepsis", risk=0.3),), 5.0),
    Candidate("Ward patient 3", (AssessedRisk("sepsis-risk", "sepsis", risk=0.1),)),
    Candidate("<script>alert(4)</script>", (AssessedRisk("sepsis-risk", missing=("age",)),)),
    Candidate("Ward patient 5", (AssessedRisk("sepsis-risk", "sepsis", risk=0.2),), 0.0),
    Candidate("Ward patient 6", (AssessedRisk("sepsis-risk", "sepsis", risk=0.0),)),
)


def shown() -> Shown:
    site = one_team(1)
    listed = entries(PEOPLE, site, plan(PEOPLE, site))
    return Shown(listed, ("Five patients.",), datetime(2026, 3, 15, 12, tzinfo=UTC), 12)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    server = make_server("127.0.0.1", 0, create_worklist_app(shown()), threaded=True)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def test_everyone_is_on_the_page_and_what_was_sent_is_text() -> None:
    page = create_worklist_app(shown()).test_client().get("/", base_url="http://localhost").text
    for each in PEOPLE:
        assert each.patient.replace("<", "&lt;").replace(">", "&gt;") in page
    assert "<script" not in page
    assert page.index("Ward patient 1") < page.index("Ward patient 2")


def test_no_address_on_the_page_holds_a_patient() -> None:
    page = create_worklist_app(shown()).test_client().get("/", base_url="http://localhost").text
    addresses = [part.split('"')[0] for part in page.split('href="')[1:]]
    assert addresses
    assert not [each for each in addresses if "patient" in each.lower()]


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "10.0.0.1:8010"])
def test_under_another_name_nothing_is_answered(host: str) -> None:
    answer = create_worklist_app(shown()).test_client().get("/", headers={"Host": host})
    assert answer.status_code == 403
    assert "Ward" not in answer.text


def test_the_page_is_guarded_and_not_kept() -> None:
    answer = create_worklist_app(shown()).test_client().get("/", base_url="http://[::1]:8010")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'self'")


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_the_page_is_accessible_and_asks_no_other_host(
    browser: Browser, address: str, *, scheme: str, width: int
) -> None:
    context = looking(browser, scheme, width=width)
    page, told = context.new_page(), list[str]()
    page.on("console", lambda message: told.append(message.text))
    page.on("request", lambda request: told.append(request.url))
    page.goto(address)
    page.locator("details").evaluate("each => { each.open = true; }")
    found = faults(page)
    pictured(page, f"worklist-{scheme}-{width}")
    context.close()
    assert found == []
    assert [each for each in told if not each.startswith(f"{address}/")] == []
