"""Inputs broken at random places, and what every answer to one must still be.

`python -m tests.fuzzing --inputs 10000000` is a campaign; `--first N --inputs 1` is its input N.
"""

import argparse
import json
import os
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from time import monotonic
from typing import Any

import msgspec
from flask.testing import FlaskClient
from jwt.utils import base64url_encode

from cds_hooks import logs
from cds_hooks.settings.server import LimitSettings
from cds_hooks.settings.settings import Settings, demo_settings
from cds_hooks.store.recorder import Recorder
from cds_hooks.store.retention import purge
from tests import stores
from tests.callers import BASE, claims, known, signed
from tests.cds_hooks.protocol.wire_rules import card_faults, received
from tests.golden import FIXTURES

SEED = 20261122
FORGET_EVERY = 5_000
STEP = 100_000
ODD: tuple[Any, ...] = (
    None, "", " ", "x" * 5000, "<script>", "\u202e", "9999-99-99", "2026", 0, -1, 1e308, -1e308,
    5e-324, 2**63, True, [], {}, [[]], {"resourceType": "Bundle"}, {"resourceType": "Patient"},
    {"value": 6.4, "unit": "mmol/L"}, {"coding": [{}]}, {"reference": "Patient/x"}, [None], "null",
)  # fmt: skip
UNITS = (
    "mmol/L", "mmol/l", "MMOL/L", "mg/dL", "mg%", "µmol/L", "μmol/L", "umol/L", "meq/L", "10*9/L",
    "10^9/L", "x10E3/uL", "{score}", "%", "ml/min/1.73_m2", "mL/min/{1.73_m2}", "Cel", "[degF]",
    "mm[Hg]", "kg/m2", "/min", "g/g{creat}", "mg/mmol", "//", "{", "10*", "mol.m-3", "\u212a", "٣",
)  # fmt: skip
DATES = (
    "2026-02-30", "2026-13-01", "2026-02-29", "2024-02-29", "0000-01-01", "0001-01-01",
    "2026-03-15T24:00:00Z", "2026-03-15T23:59:60Z", "2026-03-15T12:00:00+14:00", "2026-3-5",
    "2026-03-15T12:00:00-99:99", "2026-03-15T12:00:00.123456789Z", "2026-03-15T12:00", "2026-03",
    "-2026-03-15", "2026-03-15 12:00:00Z", "2026-03-15T12:00:00z", "1900-01-01", "٢٠٢٦-٠٣-١٥",
)  # fmt: skip
DATED = ("date", "time", "start", "end", "issued", "recorded", "authored", "onset", "abatement")

Chance = random.Random
Change = Callable[[Chance, Any, Any], None]


@dataclass(frozen=True, slots=True)
class Input:
    """One request, of whichever kind, and the statuses that its answer may have."""

    kind: str
    method: str
    path: str
    body: bytes
    headers: Mapping[str, str]
    allowed: frozenset[int]


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every (container, key) of a JSON value."""
    keys = value if isinstance(value, dict) else range(len(value))
    for key in list(keys):
        yield value, key
        if isinstance(value[key], dict | list):
            yield from _places(value[key])


def _replace(chance: Chance, container: Any, key: Any) -> None:
    container[key] = deepcopy(chance.choice(ODD))


def _delete(chance: Chance, container: Any, key: Any) -> None:
    del container[key]


def _copy(chance: Chance, container: Any, key: Any) -> None:
    other, place = chance.choice(list(_places(container)))
    container[key] = deepcopy(other[place])


def _wrap(chance: Chance, container: Any, key: Any) -> None:
    container[key] = [container[key]] if chance.random() < 0.5 else {"value": container[key]}


def _measure(chance: Chance, container: Any, key: Any) -> None:
    """Another unit or date where there is one; else an odd number or text of the kind there was."""
    name, value = str(key).lower(), container[key]
    if name in ("unit", "code"):
        container[key] = chance.choice(UNITS)
    elif any(part in name for part in DATED):
        container[key] = chance.choice(DATES)
    elif isinstance(value, int | float):
        container[key] = chance.choice((0, -value, value * 1000, value / 1000, 1e-300, 10**30))
    elif isinstance(value, str):
        container[key] = _cut(chance, value.encode()).decode(errors="replace")


CHANGES: tuple[Change, ...] = (_replace, _replace, _delete, _copy, _wrap, _measure, _measure)


def _broken(chance: Chance, body: bytes) -> bytes:
    sent = msgspec.json.decode(body)
    # A short body has no place that bears more.
    for _ in range(chance.randint(1, 6 if len(body) > 1000 else 2)):
        if places := list(_places(sent)):
            container, key = chance.choice(places)
            chance.choice(CHANGES)(chance, container, key)
    return msgspec.json.encode(sent)


def _cut(chance: Chance, body: bytes) -> bytes:
    at = chance.randrange(len(body) or 1)
    return body[:at] + bytes([chance.randrange(256)]) + body[at + chance.randint(0, 3) :]


def _either(chance: Chance, body: bytes) -> bytes:
    return (_broken if chance.random() < 0.8 else _cut)(chance, body)


@cache
def _bodies() -> list[tuple[str, bytes]]:
    files = sorted((FIXTURES / "requests").glob("*.json"))
    return [(path.stem.rpartition(".")[2], path.read_bytes()) for path in files]


JSON = {"Content-Type": "application/json"}


def hook(chance: Chance) -> Input:
    """A golden request, broken."""
    service, body = chance.choice(_bodies())
    path, sent = f"/cds-services/{service}", _either(chance, body)
    return Input("hook", "POST", path, sent, JSON, frozenset({200, 400, 412}))


FEEDBACK = msgspec.json.encode(
    {
        "feedback": [
            {
                "card": "f6b95768-b1c8-40dc-8385-bf3504b82ffb",
                "outcome": "overridden",
                "overrideReason": {
                    "reason": {"code": "d7", "system": "https://ehr.example", "display": "No"},
                    "userComment": "not now",
                },
                "outcomeTimestamp": "2026-03-15T12:00:00Z",
            },
            {
                "card": "70f2c1c0-28ac-4d20-b7c9-4c1b1e0f6d4a",
                "outcome": "accepted",
                "acceptedSuggestions": [{"id": "e56e1945-20b3-4393-8503-a1a20fd73152"}],
                "outcomeTimestamp": "2026-03-15T12:00:00+02:00",
            },
            {
                "card": "epic-card",
                "outcome": "overridden",
                "overrideReasons": {"userComment": "later"},
                "outcomeTimestamp": "2026-03-15T12:00:00Z",
            },
        ]
    }
)


def feedback(chance: Chance) -> Input:
    """Feedback, broken."""
    path, sent = "/cds-services/lab-safety/feedback", _either(chance, FEEDBACK)
    return Input("feedback", "POST", path, sent, JSON, frozenset({200, 400}))


def token(chance: Chance) -> Input:
    """A call with an Authorization header that is no token, a broken one, or a forged one."""
    told = claims(f"{BASE}/cds-services")
    text = _cut(chance, signed(told).encode()).decode("latin-1")
    if chance.random() < 0.5:
        name = chance.choice([*told, "nbf", "tenant", "sub", "x"])
        told[name] = chance.choice((*ODD, *DATES, 10**400, [BASE], {"a": [[]]}))
        header = {"typ": "JWT", "kid": "k", "alg": chance.choice(("EdDSA", "none", "HS256", 7))}
        header[chance.choice(("alg", "kid", "jku", "typ", "crit", "jwk", "x"))] = chance.choice(ODD)
        text = ".".join((_encoded(header), _encoded(told), chance.choice(("", "c2ln", "!"))))
    scheme = chance.choice(("Bearer ", "Bearer ", "bearer\t", "Basic ", "", "Bearer Bearer "))
    shown = "".join(each for each in scheme + text if each not in "\r\n\0")
    headers = {"Authorization": shown}
    return Input("token", "GET", "/cds-services", b"", headers, frozenset({200, 401}))


def _encoded(value: Any) -> str:
    return base64url_encode(json.dumps(value).encode()).decode()


def noise(chance: Chance) -> Input:
    """Any method, path, media type and bytes."""
    method = chance.choice(("GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD", "PATCH", "X"))
    path = chance.choice(("/cds-services", "/cds-services/lab-safety", "/", "/cds-services/x/y"))
    path = _cut(chance, path.encode()).decode("latin-1") if chance.random() < 0.5 else path
    media = chance.choice(("application/json", "text/plain", "", "application/json; charset=x"))
    sent = chance.randbytes(chance.choice((0, 1, 10, 1000)))
    return Input("noise", method, "/" + path.lstrip("/"), sent, {"Content-Type": media}, ANY)


ANY = frozenset({200, 204, 302, 303, 308, 400, 401, 403, 404, 405, 412, 415})
KINDS = (hook, hook, feedback, token, token, token, noise, noise)
"""Tokens and noise are cheap to answer, so there are more of them."""


class Applications:
    """The demo, and a site that asks for tokens: what they answered, and how long it took."""

    def __init__(self) -> None:
        self.recorder: Recorder = stores.recorder()
        unlimited = LimitSettings(failed_authentications=0, calls=0)
        site = known(Settings(limits=unlimited))
        self.demo = stores.served(demo_settings(), self.recorder).test_client()
        self.trusting = stores.served(site).test_client()
        self.answers: Counter[str] = Counter()
        self.slowest: dict[str, float] = {}

    def send(self, sent: Input) -> None:
        """Sends it, and requires of the answer what holds for every answer."""
        client: FlaskClient = self.trusting if sent.kind == "token" else self.demo
        began = monotonic()
        answer = client.open(
            method=sent.method,
            data=sent.body,
            headers=dict(sent.headers),
            environ_overrides={"PATH_INFO": sent.path},
        )
        took = monotonic() - began
        self.slowest[sent.kind] = max(took, self.slowest.get(sent.kind, 0.0))
        self.answers[f"{sent.kind} {answer.status_code}"] += 1
        assert answer.status_code in sent.allowed
        if answer.status_code >= 400 and sent.method != "HEAD":
            assert answer.content_type == "application/json"
        if answer.content_type == "application/json" and answer.data:
            cards = received(answer.data).get("cards", ())
            assert [fault for card in cards for fault in card_faults(card)] == []

    def forget(self) -> None:
        """Empties the store, so that a campaign of any length fits on the disk."""
        purge(self.recorder.store, days=0)


def made(number: int) -> Input:
    """The input of that number: always the same, but for the times in a token."""
    chance = random.Random(f"{SEED} {number}")  # noqa: S311 - no secret
    return chance.choice(KINDS)(chance)


def campaign(inputs: int, *, first: int = 0) -> dict[str, object]:
    """Sends so many inputs; how often which kind got which status, and the slowest of each, in ms.

    Raises AssertionError with the number of the input whose answer is none.
    """
    applications = Applications()
    for number in range(first, first + inputs):
        sent = made(number)
        try:
            applications.send(sent)
        except Exception as error:
            raise AssertionError(f"input {number}: {sent}") from error
        if number % FORGET_EVERY == FORGET_EVERY - 1:
            applications.forget()
    slowest = {kind: round(took * 1000) for kind, took in applications.slowest.items()}
    return dict(sorted(applications.answers.items())) | {"slowest, ms": slowest}


def main() -> None:
    """Runs a campaign from the command line, in steps whose figures are printed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=20_000)
    parser.add_argument("--first", type=int, default=0)
    asked = parser.parse_args()
    logs.configure(open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 - until the end
    last = asked.first + asked.inputs
    for first in range(asked.first, last, STEP):
        figures = campaign(min(STEP, last - first), first=first)
        print(f"inputs from {first}: {figures}", flush=True)


if __name__ == "__main__":
    main()
