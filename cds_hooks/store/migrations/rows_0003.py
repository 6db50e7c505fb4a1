"""Rows of the tables before revision 0004, as rows of those since.

Until then each assessment was a row of its own, with its inputs, and named by a card by its id; a
suggestion was a row; and that a call was made was one in `audit_events`.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import msgspec

from cds_hooks.engine.service import services
from cds_hooks.store.assessments import (
    KeptAssessment,
    KeptAssessments,
    KeptFact,
    KeptPrediction,
    KeptReason,
    pack,
)
from cds_hooks.store.schema import Batch, Row
from cds_hooks.store.timestamps import parsed

Old: TypeAlias = Mapping[str, Sequence[Row]]
"""The rows of one hook instance of one client, by the names of the old tables."""

_SUBJECT = ("patient_id", "user_id", "encounter_id")


def converted(old: Old) -> Batch:
    """The same in the new tables. An assessment goes to the call that it was first made for.

    A call that left cards or assessments, but no event that is still kept, is a call without its
    mode and numbers.
    """
    events = sorted(old.get("audit_events", ()), key=lambda row: str(row["recorded_at"]))
    made, cards = old.get("assessments", ()), old.get("cards", ())
    by_time = {str(row["recorded_at"]): row for row in reversed(events)}
    for row in (*cards, *made):
        at = str(row.get("issued_at") or row.get("created_at"))
        if at not in by_time:
            by_time[at] = _unknown_call(row, at)
            events.append(by_time[at])
    placed = {at: _assessments_at(at, made, cards) for at in by_time}
    return {
        "calls": [
            _call(row, placed[at] if by_time[at] is row else ())
            for row in events
            for at in [str(row["recorded_at"])]
        ],
        "cards": [
            _card(row, by_time[at]["id"], placed[at], old.get("suggestions", ()))
            for row in cards
            for at in [str(row["issued_at"])]
        ],
    }


def _unknown_call(row: Row, at: str) -> Row:
    id = row.get("id") or row["uuid"]
    subject = {name: row.get(name) for name in _SUBJECT}
    named = {name: row[name] for name in ("client", "hook_instance", "service")}
    return {**named, **subject, "id": id, "event": "call", "detail": "{}", "recorded_at": at}


def _assessments_at(at: str, made: Iterable[Row], cards: Iterable[Row]) -> tuple[Row, ...]:
    """Those that were made by the call of that time, and those that its cards rest on as well."""
    named = {id for card in cards if card["issued_at"] == at for id in _ids(card)}
    return tuple(row for row in made if row["created_at"] == at or row["id"] in named)


def _ids(card: Row) -> list[str]:
    return msgspec.json.decode(str(card["assessments"]), type=list[str])


def _call(event: Row, made: Sequence[Row]) -> Row:
    detail = msgspec.json.decode(str(event["detail"]))
    numbers = {name: detail.pop(name, None) for name in ("shown", "withheld", "mode")}
    known = services().get(str(event["service"]))
    return {
        **{name: event[name] for name in ("client", "id", "event", "service", "hook_instance")},
        **{name: event[name] for name in (*_SUBJECT, "recorded_at")},
        **numbers,
        "hook": known.hook if known and event["event"] == "call" else None,
        "detail": msgspec.json.encode(detail).decode() if detail else None,
        "assessments": _packed(made) if made else None,
    }


def _packed(made: Sequence[Row]) -> bytes:
    facts: dict[bytes, int] = {}
    kept = tuple(_assessment(row, facts) for row in made)
    decoded = tuple(msgspec.json.decode(each, type=KeptFact) for each in facts)
    return pack(KeptAssessments(parsed(str(made[0]["as_of"])), kept, decoded))


def _assessment(row: Row, facts: dict[bytes, int]) -> KeptAssessment:
    return KeptAssessment(
        str(row["service"]),
        str(row["predictor"]),
        _text(row["version"]),
        str(row["mode"]),
        _predictions(row),
        None if row["inputs"] is None else _places(_json(row["inputs"]), facts),
        _text(row["inputs_digest"]),
        msgspec.convert(_json(row["reasons"]), tuple[KeptReason, ...]),
    )


def _places(inputs: Mapping[str, Any], facts: dict[bytes, int]) -> tuple[int, ...]:
    """Where each of the inputs is among the facts; those that are not there are added."""
    named = (msgspec.json.encode({"name": name, **kept}) for name, kept in inputs.items())
    return tuple(facts.setdefault(fact, len(facts)) for fact in named)


def _predictions(row: Row) -> tuple[KeptPrediction, ...]:
    added = _json(row["contributions"]) if row["contributions"] is not None else {}
    made = [{**each, **added.get(each["outcome"], {})} for each in _json(row["predictions"])]
    return msgspec.convert(made, tuple[KeptPrediction, ...])


def _card(row: Row, call: object, placed: Sequence[Row], suggestions: Iterable[Row]) -> Row:
    places = {each["id"]: place for place, each in enumerate(placed)}
    offered = [each["uuid"] for each in suggestions if each["card_uuid"] == row["uuid"]]
    rests_on = [places[id] for id in _ids(row) if id in places]
    return {
        **{name: value for name, value in row.items() if name != "assessments"},
        "call_id": str(call),
        "suggestions": msgspec.json.encode(offered).decode(),
        "rests_on": msgspec.json.encode(rests_on).decode(),
    }


def _json(text: object) -> Any:
    return msgspec.json.decode(str(text))


def _text(value: object) -> str | None:
    return None if value is None else str(value)
