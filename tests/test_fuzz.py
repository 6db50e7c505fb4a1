"""A campaign: golden requests broken at random places, and every answer still an answer."""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest

from cds_hooks.config import demo_settings
from tests.cds_hooks.wire_rules import card_faults, received
from tests.golden import FIXTURES
from tests.stores import served

ROUNDS = 20_000
ODD: tuple[Any, ...] = (
    None, "", " ", "x" * 5000, "<script>", "\u202e", "9999-99-99", "2026", 0, -1, 1e308, -1e308,
    5e-324, 2**63, True, [], {}, [[]], {"resourceType": "Bundle"}, {"resourceType": "Patient"},
    {"value": 6.4, "unit": "mmol/L"}, {"coding": [{}]}, {"reference": "Patient/x"}, [None], "null",
)  # fmt: skip

Change = Callable[[random.Random, Any, Any], None]


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every (container, key) of a JSON value."""
    keys = value if isinstance(value, dict) else range(len(value))
    for key in list(keys):
        yield value, key
        if isinstance(value[key], dict | list):
            yield from _places(value[key])


def _replace(chance: random.Random, container: Any, key: Any) -> None:
    container[key] = chance.choice(ODD)


def _delete(chance: random.Random, container: Any, key: Any) -> None:
    del container[key]


def _copy(chance: random.Random, container: Any, key: Any) -> None:
    other, place = chance.choice(list(_places(container)))
    container[key] = other[place]


def _wrap(chance: random.Random, container: Any, key: Any) -> None:
    container[key] = [container[key]] if chance.random() < 0.5 else {"value": container[key]}


CHANGES: tuple[Change, ...] = (_replace, _replace, _delete, _copy, _wrap)


def _broken(chance: random.Random, body: bytes) -> bytes:
    sent = msgspec.json.decode(body)
    for _ in range(chance.randint(1, 6)):
        container, key = chance.choice(list(_places(sent)))
        chance.choice(CHANGES)(chance, container, key)
    return msgspec.json.encode(sent)


def _cut(chance: random.Random, body: bytes) -> bytes:
    at = chance.randrange(len(body))
    return body[:at] + bytes([chance.randrange(256)]) + body[at + chance.randint(0, 3) :]


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_broken_requests_are_answered_or_refused_and_never_fail() -> None:
    client = served(demo_settings()).test_client()
    files = sorted((FIXTURES / "requests").glob("*.json"))
    bodies = [(path.stem.rpartition(".")[2], path.read_bytes()) for path in files]
    chance = random.Random(20261122)  # noqa: S311 - the same campaign every time
    statuses: Counter[int] = Counter()
    for _ in range(ROUNDS):
        service, body = chance.choice(bodies)
        sent = (_broken if chance.random() < 0.8 else _cut)(chance, body)
        answer = client.post(f"/cds-services/{service}", data=sent, content_type="application/json")
        statuses[answer.status_code] += 1
        assert answer.status_code in (200, 400, 412), sent
        decoded = received(answer.data)
        assert [fault for card in decoded.get("cards", ()) for fault in card_faults(card)] == []
    print(f"{ROUNDS} broken requests: {dict(sorted(statuses.items()))}")
    assert statuses[200] > ROUNDS / 4
    assert statuses[400] > ROUNDS / 20
