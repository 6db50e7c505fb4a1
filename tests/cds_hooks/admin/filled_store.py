"""A store as the admin app meets one: calls by the line itself, and what people answered."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient

from cds_hooks.settings.settings import demo_settings
from cds_hooks.store.recorder import Recorder
from tests import stores

REQUESTS = Path(__file__).parents[3] / "fixtures" / "requests"
COMMENT = "<script>alert(1)</script> he & his *family* refuse"


def called(client: FlaskClient, service: str, number: int) -> list[dict[str, Any]]:
    """The cards of that service on the chart for which it fires; the hook instance is a new one."""
    sent = json.loads((REQUESTS / f"{service}-fires.{service}.json").read_bytes())
    sent["hookInstance"] = f"00000000-0000-4000-8000-{number:012d}"
    answer = client.post(f"/cds-services/{service}", json=sent)
    cards: list[dict[str, Any]] = answer.get_json()["cards"]
    assert cards
    return cards


def overridden(
    client: FlaskClient, service: str, card: str, *, reason: str, comment: str = ""
) -> None:
    """Feedback that a clinician overrode the card."""
    told: dict[str, Any] = {"reason": {"code": reason}}
    item = {"card": card, "outcome": "overridden", "overrideReason": told}
    told |= {"userComment": comment} if comment else {}
    item["outcomeTimestamp"] = datetime.now(UTC).isoformat()
    answer = client.post(f"/cds-services/{service}/feedback", json={"feedback": [item]})
    assert answer.status_code == 200, answer.text


def accepted(client: FlaskClient, service: str, card: dict[str, Any]) -> None:
    """Feedback that a clinician took the card's first suggestion."""
    item = {
        "card": card["uuid"],
        "outcome": "accepted",
        "acceptedSuggestions": [{"id": card["suggestions"][0]["uuid"]}],
        "outcomeTimestamp": datetime.now(UTC).isoformat(),
    }
    answer = client.post(f"/cds-services/{service}/feedback", json={"feedback": [item]})
    assert answer.status_code == 200, answer.text


def filled(recorder: Recorder) -> str:
    """Fills the store with a few calls and answers; a card's uuid that was overridden in words."""
    client = stores.served(demo_settings(), recorder).test_client()
    stroke = [called(client, "af-stroke-risk", number)[0] for number in range(4)]
    labs = called(client, "lab-safety", 9)
    for card in stroke[:3]:
        overridden(
            client, "af-stroke-risk", card["uuid"], reason="patient-refuses", comment=COMMENT
        )
    accepted(client, "lab-safety", next(each for each in labs if each.get("suggestions")))
    return str(stroke[0]["uuid"])
