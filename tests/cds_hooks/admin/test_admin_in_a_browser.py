"""The questions of those who answer for the server, asked of the admin app in Chromium."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

import msgspec
import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select, update
from werkzeug.serving import make_server

from cds_hooks.admin.app import create_admin
from cds_hooks.settings.admin import AdminSettings
from cds_hooks.settings.decisions import read
from cds_hooks.settings.settings import Settings
from cds_hooks.store.assessments import pack, unpack
from cds_hooks.store.recorder import Recorder
from cds_hooks.store.schema import calls, cards
from cds_hooks.store.timestamps import written
from tests import stores
from tests.browsing import LOOKS, faults, looking, pictured
from tests.cds_hooks.admin.filled_store import COMMENT, filled

PATHS = ("", "services/af-stroke-risk", "changes", "cards", "comments", "models", "health")
YESTERDAY = datetime.now(UTC) - timedelta(days=1)


@pytest.fixture(scope="module")
def recorder() -> Recorder:
    return stores.recorder()


@pytest.fixture(scope="module")
def card(recorder: Recorder) -> str:
    """A card that was overridden; one call of its service was yesterday's, by an older version."""
    made = filled(recorder)
    with recorder.store.begin() as connection:
        own = connection.scalar(select(cards.c.call_id).where(cards.c.uuid == made))
        others = calls.select().where(calls.c.service == "af-stroke-risk", calls.c.id != own)
        row = connection.execute(others).first()
        assert row
        kept = unpack(row.assessments)
        older = tuple(
            msgspec.structs.replace(each, version=f"before {each.version}")
            for each in kept.assessments
        )
        changed = {
            "assessments": pack(msgspec.structs.replace(kept, assessments=older)),
            "recorded_at": written(YESTERDAY),
            "mode": "silent",
        }
        connection.execute(update(calls).where(calls.c.id == row.id).values(changed))
    return made


@pytest.fixture(scope="module")
def decisions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("decisions") / "decisions.ndjson"


@pytest.fixture(scope="module")
def address(recorder: Recorder, card: str, decisions: Path) -> Iterator[str]:
    assert card
    settings = Settings(admin=AdminSettings(decisions=str(decisions)))
    server = make_server("127.0.0.1", 0, create_admin(settings, recorder, demo=True), threaded=True)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(java_script_enabled=True)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_every_page_is_accessible_fits_and_complains_of_nothing(
    browser: Browser, address: str, card: str, *, scheme: str, width: int
) -> None:
    context = looking(browser, scheme, width=width)
    window, complaints, found = context.new_page(), list[str](), {}
    window.on("console", lambda message: complaints.append(message.text))
    for path in (*PATHS, f"cards/{card}"):
        window.goto(f"{address}/{path}")
        found[path] = faults(window)
        pictured(window, f"admin-{path.replace('/', '-')[:12] or 'home'}-{scheme}-{width}")
    context.close()
    assert [each for each in found.items() if each[1]] == []
    assert complaints == []


def test_which_service_is_overridden_most_and_why(page: Page, address: str) -> None:
    page.goto(address)
    answer = page.get_by_text("Overridden most:")
    expect(answer).to_contain_text("Stroke risk in atrial fibrillation, 3 times")
    expect(answer).to_contain_text("Patient declines")
    answer.get_by_role("link").click()
    expect(page.get_by_role("row", name="Patient declines")).to_contain_text("3")
    assert "from=" in page.url
    page.get_by_role("link", name="What was written").click()
    expect(page.get_by_text(COMMENT).first).to_be_visible()


def test_a_period_is_in_the_address_so_that_it_can_be_passed_on(page: Page, address: str) -> None:
    page.goto(f"{address}/?from=2001-01-01&to=2001-01-31")
    expect(page.get_by_label("From")).to_have_value("2001-01-01")
    expect(page.get_by_text("No call and no card in this period.")).to_be_visible()


def test_what_happened_to_this_card(page: Page, address: str, card: str) -> None:
    page.goto(f"{address}/cards")
    page.get_by_label("The card's id (uuid)").fill(f"urn:uuid:{card}")
    page.get_by_role("button", name="Find it").click()
    expect(page.get_by_text("Stored: overridden.")).to_be_visible()
    expect(page.get_by_text("It agrees.")).to_be_visible()
    expect(page.get_by_role("heading", name="cha2ds2-va 2024", exact=True)).to_have_count(1)


def test_what_last_nights_deploy_changed(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_role("link", name="Changes").click()
    changed = page.get_by_label("Changes, newest first")
    expect(changed.get_by_role("row", name="cha2ds2-va before 2024 2024")).to_be_visible()
    expect(changed.get_by_role("row", name="mode af-stroke-risk silent live")).to_be_visible()


def test_a_service_is_turned_off_with_a_reason(page: Page, address: str, decisions: Path) -> None:
    page.goto(f"{address}/models")
    row = page.get_by_role("row", name="kidney-risk")
    row.get_by_text("Decide").first.click()
    row.get_by_label("Mode").select_option("off")
    row.get_by_label("Why").fill("creatinine analyser is being replaced")
    row.get_by_role("button", name="Decide").click()
    expect(page.get_by_role("row", name="kidney-risk off").first).to_contain_text("decided here")
    expect(page.get_by_label("Decisions, newest first")).to_contain_text("analyser")
    assert [each.choice for each in read(decisions)] == ["off"]
