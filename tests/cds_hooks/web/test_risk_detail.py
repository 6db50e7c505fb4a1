"""The detail in the demo: of a card that was just shown, from memory, and answered there."""

import re
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask
from msgspec.structs import replace

from cds_hooks.bundles.bundle_calls import hook_body
from cds_hooks.bundles.ehr import resources
from cds_hooks.engine.discovery import offered
from cds_hooks.engine.service import services
from cds_hooks.protocol.errors import BadRequest
from cds_hooks.risk_detail.demo_charts import MOST_CHARTS
from cds_hooks.settings.settings import Settings, demo_settings
from cds_hooks.store.pseudonyms import Keys
from cds_hooks.web.form_tokens import HOURS, Answerable, answerable, signed
from tests.charts import INSTANCE
from tests.stores import served

CHART = Path(__file__).parents[3] / "fixtures" / "patients" / "kidney-risk-fires.json"
SITE = replace(demo_settings(), public_url="http://127.0.0.1:8000")
CARD = Answerable("demo", "kidney-risk", "c1")


@pytest.fixture(scope="module")
def app() -> Flask:
    return served(SITE)


def cards(
    app: Flask, service_id: str = "kidney-risk", instance: str = INSTANCE, chart: Path = CHART
) -> list[dict[str, Any]]:
    service = offered(services()[service_id], SITE)
    body = hook_body(resources(chart.read_bytes()), service, hook_instance=instance)
    path = f"/cds-services/{service_id}"
    answer = app.test_client().post(path, data=body, content_type="application/json")
    return list(answer.get_json()["cards"])


def path_of(card: dict[str, Any]) -> str:
    (link,) = card["links"]
    assert link["type"] == "absolute"
    assert "appContext" not in link
    return str(link["url"]).removeprefix(SITE.public_url)


def test_a_card_of_a_discharge_links_to_its_detail(app: Flask) -> None:
    chart = CHART.with_name("discharge-readmission-fires.json")
    (card,) = cards(app, "discharge-readmission", chart=chart)
    told = app.test_client().get(path_of(card)).get_data(as_text=True)
    assert '<span class="number">28 %</span>' in told
    assert 'action="/card-feedback"' in told


def test_a_card_links_to_its_detail_and_a_retry_to_the_same(app: Flask) -> None:
    assert cards(app) == cards(app)
    path = path_of(cards(app)[0])
    assert path == f"/detail/{cards(app)[0]['uuid']}"
    told = app.test_client().get(path).get_data(as_text=True)
    assert "kidney failure within 5 years" in told
    assert '<span class="number">27 %</span>' in told
    assert 'action="/card-feedback"' in told


def test_a_card_of_the_whole_links_to_the_detail_of_its_part(app: Flask) -> None:
    (card, *_) = (each for each in cards(app, "patient-risks") if "links" in each)
    assert app.test_client().get(path_of(card)).status_code == 200


def test_the_page_runs_nothing_and_can_be_framed_by_no_one(app: Flask) -> None:
    answer = app.test_client().get(path_of(cards(app)[0]))
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "script" not in policy
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_chart_that_is_not_kept_any_more_is_gone(app: Flask) -> None:
    path = path_of(cards(app)[0])
    for number in range(MOST_CHARTS):
        cards(app, instance=f"5fe6c09c-ddd6-4c34-9c2b-7d3d3b8c{number:04}")
    gone = app.test_client().get(path)
    assert gone.status_code == 410
    assert "not kept any more" in gone.get_data(as_text=True)


def test_a_site_without_an_address_links_to_nothing() -> None:
    assert "links" not in cards(served(demo_settings()))[0]


def test_outside_the_demo_no_detail_has_an_address() -> None:
    assert served(Settings()).test_client().get("/detail/any").status_code == 404


def test_an_override_is_kept_and_told(app: Flask) -> None:
    client = app.test_client()
    page = client.get(path_of(cards(app)[0])).get_data(as_text=True)
    token = re.search(r'name="token" value="([^"]+)"', page)
    assert token
    form = {"token": token[1], "reason": "patient-refuses", "comment": "<b>no</b>"}
    told = client.post("/card-feedback", data=form).get_data(as_text=True)
    assert "Stored: overridden." in told
    assert "&lt;b&gt;no&lt;/b&gt;" in told


def test_a_token_is_of_one_card_and_of_the_secrets_that_the_site_has_or_had() -> None:
    old, new = (
        Keys((b"a secret, the old one",)),
        Keys((b"a secret, the newer", b"a secret, the old one")),
    )
    assert answerable(signed(CARD, old), new) == CARD
    with pytest.raises(BadRequest, match="not made by this server"):
        answerable(signed(CARD, Keys((b"someone else's secret",))), new)


def test_a_token_is_good_for_a_shift() -> None:
    keys = Keys((b"a secret, the old one",))
    with time_machine.travel(0, tick=False) as clock:
        token = signed(CARD, keys)
        clock.shift(HOURS * 3600)
        assert answerable(token, keys) == CARD
        clock.shift(2)
        with pytest.raises(BadRequest, match="too long ago"):
            answerable(token, keys)
