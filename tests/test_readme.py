"""The README keeps its word: its curl gives its card, and the service it shows is a service."""

import re
import shlex
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import time_machine

from cds_hooks.engine.discovery import offered
from cds_hooks.engine.respond import respond
from cds_hooks.engine.service import Service
from cds_hooks.protocol.json import encode, read_request
from cds_hooks.settings.settings import Settings, demo_settings
from tests.cds_hooks.protocol.wire_rules import received
from tests.charts import NOW, patient, request, result
from tests.stores import served

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
FIVE_YEARS_AHEAD = datetime(2031, 11, 22, 12, tzinfo=UTC)


def _block(language: str, holding: str) -> str:
    blocks = re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)
    (found,) = [block for block in blocks if holding in block]
    return str(found)


def _curl() -> dict[str, Any]:
    words = shlex.split(_block("sh", "curl").replace("\\\n", " "))
    url = next(word for word in words if word.startswith("http"))
    body = words[words.index("-d") + 1].removeprefix("@")
    client = served(demo_settings()).test_client()
    path = url.removeprefix("http://127.0.0.1:8000")
    sent = (ROOT / body).read_bytes()
    answer = client.post(path, data=sent, content_type="application/json")
    assert answer.status_code == 200
    decoded: dict[str, Any] = received(answer.data)
    return decoded


def read_by_a_person(card: dict[str, Any]) -> str:
    """What the README shows of a card: indicator, summary, detail, and what is suggested."""
    suggested = [f"[ {each['label']} ]" for each in card.get("suggestions", ())]
    head = f"{card['indicator'].upper()}: {card['summary']}"
    return "\n\n".join((head, card["detail"], *suggested)) + "\n"


def test_the_curl_gives_the_card_that_the_readme_shows() -> None:
    (card,) = _curl()["cards"]
    assert _block("text", "CHA2DS2") == read_by_a_person(card)


def test_the_curl_gives_the_same_card_five_years_from_now() -> None:
    with time_machine.travel(FIVE_YEARS_AHEAD, tick=False):
        (card,) = _curl()["cards"]
    assert _block("text", "CHA2DS2") == read_by_a_person(card)


def test_the_service_that_the_readme_shows_works_as_shown() -> None:
    module: dict[str, Any] = {}
    exec(_block("python", "@service("), module)  # noqa: S102 - it is our own README
    (shown,) = [value for value in module.values() if isinstance(value, Service)]
    for pressure, summaries in (
        (182, ["Systolic blood pressure 182 mmHg on 2026-03-15"]),
        (179, []),
    ):
        sent = request(shown, patient(), result("sbp", pressure))
        answer = respond(offered(shown, Settings()), read_request(encode(sent)), now=NOW)
        assert [card.summary for card in answer.response.cards] == summaries
