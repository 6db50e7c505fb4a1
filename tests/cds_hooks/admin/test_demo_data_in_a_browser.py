"""The four questions, asked of the admin app in Chromium on 90 simulated days."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from threading import Thread

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select
from werkzeug.serving import make_server

from cds_hooks.admin.app import create_admin
from cds_hooks.settings.settings import Settings
from cds_hooks.store.pseudonyms import Keys
from cds_hooks.store.recorder import Recorder
from cds_hooks.store.schema import feedback
from tests import stores
from tests.browsing import LOOKS, faults, looking, pictured
from tools.demo_data import CHANGED, DAYS, fill

LAST = date(2026, 3, 31)
FIRST = LAST - timedelta(days=DAYS - 1)
PERIOD = f"from={FIRST}&to={LAST}"
BEFORE = f"reference-from={FIRST}&reference-to={FIRST + timedelta(days=CHANGED - 1)}"
SINCE = f"from={FIRST + timedelta(days=CHANGED)}&to={LAST}"
CALIBRATION = f"calibration?service=sepsis-risk&{PERIOD}"
DRIFT = f"drift?predictor=sepsis-risk&{BEFORE}&{SINCE}"
PATHS = {
    "services": f"?{PERIOD}",
    "service": f"services/sepsis-risk?{PERIOD}",
    "calibration": CALIBRATION,
    "drift": DRIFT,
    "changes": f"changes?{PERIOD}",
    "unasked": "calibration",
}
KEYS = Keys((b"the secret of the tests, which is long",))


@pytest.fixture(scope="module")
def recorder() -> Recorder:
    made = stores.recorder()
    fill(made.store, KEYS, last=LAST)
    return made


@pytest.fixture(scope="module")
def address(recorder: Recorder) -> Iterator[str]:
    app = create_admin(Settings(), recorder, demo=True)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    yield context.new_page()
    context.close()


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_every_page_is_accessible_fits_and_complains_of_nothing(
    browser: Browser, address: str, *, scheme: str, width: int
) -> None:
    context = looking(browser, scheme, width=width)
    window, complaints, found = context.new_page(), list[str](), {}
    window.on("console", lambda message: complaints.append(message.text))
    for name, path in PATHS.items():
        window.goto(f"{address}/{path}")
        found[name] = faults(window)
        pictured(window, f"admin-demo-{name}-{scheme}-{width}")
    context.close()
    assert [each for each in found.items() if each[1]] == []
    assert complaints == []


@pytest.mark.parametrize(
    "path", [*PATHS.values(), "cards", "comments", "models", "health", "drift", "nothing-is-here"]
)
def test_every_page_says_that_it_is_simulated(recorder: Recorder, path: str) -> None:
    app = create_admin(Settings(), recorder, demo=True)
    assert "Simulated:" in app.test_client().get(f"/{path}").text


def test_which_service_is_overridden_most_and_why(page: Page, address: str) -> None:
    page.goto(f"{address}/?{PERIOD}")
    answer = page.get_by_text("Overridden most:")
    expect(answer).to_contain_text("most often for")
    answer.get_by_role("link").click()
    weeks = page.get_by_label("Overridden by week").get_by_role("row")
    expect(weeks).to_have_count(1 + 14)
    expect(page.get_by_text("No week lies outside of the control limits")).to_be_visible()


def test_is_the_sepsis_model_still_calibrated_here_and_for_whom_not(
    page: Page, address: str
) -> None:
    page.goto(address)
    page.get_by_role("link", name="Calibration").click()
    page.get_by_label("Service").select_option("sepsis-risk")
    page.get_by_label("From").fill(str(FIRST))
    page.get_by_label("To", exact=True).fill(str(LAST))
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("Alarm: observed to expected lay outside")).to_be_visible()
    months = page.get_by_label("By month")
    for month, raised, outside in (
        ("2026-01", "no", "no"),
        ("2026-02", "no", "outside"),
        ("2026-03", "raised", "outside"),
    ):
        row = months.get_by_role("row", name=f"{month} {raised}")
        expect(row.get_by_role("cell", name=outside, exact=True).last).to_be_visible()
    newer = page.get_by_label("By version").get_by_role("row", name="simulated 2")
    expect(newer).to_contain_text("too few events")
    expect(page.get_by_text("One client alone made predictions.")).to_be_visible()
    shared = page.url
    page.goto("about:blank")
    page.goto(shared)
    expect(page.get_by_label("Service")).to_have_value("sepsis-risk")
    expect(page.get_by_text("Alarm: observed to expected lay outside")).to_be_visible()


def test_before_the_model_was_wrong_it_raises_no_alarm(page: Page, address: str) -> None:
    until = FIRST + timedelta(days=CHANGED - 1)
    page.goto(f"{address}/calibration?service=sepsis-risk&from={FIRST}&to={until}")
    expect(page.get_by_text("No alarm: observed to expected")).to_be_visible()
    expect(page.get_by_role("cell", name="outside", exact=True)).to_have_count(0)


def test_which_input_of_the_sepsis_model_is_given_otherwise(page: Page, address: str) -> None:
    page.goto(f"{address}/{DRIFT}")
    expect(page.get_by_text("Alarm: heart_rate, given otherwise")).to_be_visible()
    rows = page.get_by_label("Inputs, alarms first").get_by_role("row")
    expect(rows.nth(1)).to_have_accessible_name(re.compile("^heart_rate alarm mean"))
    expect(rows.last).to_have_accessible_name(re.compile("^(lactate|temperature) no"))


@pytest.mark.parametrize(
    ("days", "told"),
    [(0, "Nothing can be compared"), (3, "Not known: the reference"), (25, "No alarm")],
)
def test_that_nothing_drifted_is_said_only_beside_a_reference_that_could_tell(
    recorder: Recorder, days: int, told: str
) -> None:
    began = FIRST - timedelta(days=1)
    reference = f"reference-from={began}&reference-to={began + timedelta(days=days)}"
    period = f"from={FIRST}&to={FIRST + timedelta(days=CHANGED - 1)}"
    client = create_admin(Settings(), recorder, demo=True).test_client()
    shown = client.get(f"/drift?predictor=sepsis-risk&{reference}&{period}").text
    assert told in shown
    assert ("No alarm" in shown) == (told == "No alarm")


def test_what_happened_to_this_card(page: Page, address: str, recorder: Recorder) -> None:
    with recorder.store.reading() as connection:
        of_overridden = select(feedback.c.card_uuid).where(feedback.c.outcome == "overridden")
        card = str(connection.scalar(of_overridden))
    page.goto(f"{address}/cards")
    page.get_by_label("The card's id (uuid)").fill(card)
    page.get_by_role("button", name="Find it").click()
    expect(page.get_by_text("Stored: overridden.")).to_be_visible()
    expect(page.get_by_label("Inputs of sepsis-risk")).to_contain_text("heart_rate")


def test_what_last_nights_deploy_changed(page: Page, address: str) -> None:
    page.goto(f"{address}/changes?{PERIOD}")
    changed = page.get_by_label("Changes, newest first").get_by_role("row")
    expect(changed).to_have_count(2)
    expect(changed.nth(1)).to_have_accessible_name(
        f"{LAST} version sepsis-risk simulated simulated 2"
    )
