"""Rows of the tables before revision 0004 are the same rows in those since."""

from typing import Any

import msgspec
import pytest
from msgspec.structs import replace
from sqlalchemy import MetaData, insert

from cds_hooks.admin.replaying import find
from cds_hooks.settings.models import ModelSettings
from cds_hooks.settings.store import StoreSettings
from cds_hooks.store.assessments import KeptAssessments, unpack
from cds_hooks.store.call_rows import records
from cds_hooks.store.card_lookup import recall
from cds_hooks.store.database import Store
from cds_hooks.store.migrations.rows_0003 import Old, converted
from cds_hooks.store.pseudonyms import Keys
from cds_hooks.store.replay import replayed
from cds_hooks.store.schema import Batch, Row
from cds_hooks.store.upgrade import migrate, upgrade
from tests.cds_hooks.store.calls import answer, call, decoded
from tests.charts import ATRIAL_FIBRILLATION, at_risk, patient, problem

BARE = {"link": "identity", "baseline": 0.0}
KEYS = Keys((b"the secret of the tests",))


def left(id: str = "call-1") -> Batch:
    chart = (patient(), *at_risk(), problem(ATRIAL_FIBRILLATION))
    answered = answer(*chart, service="patient-risks")
    return records(answered, call(id), settings=StoreSettings(), keys=KEYS)


def kept(batch: Batch) -> KeptAssessments:
    content = batch["calls"][0]["assessments"]
    assert isinstance(content, bytes)
    return unpack(content)


def old(batch: Batch) -> dict[str, list[dict[str, Any]]]:
    """The same call as it was kept before."""
    (event,) = batch["calls"]
    found = kept(batch)
    detail = {name: event[name] for name in ("shown", "withheld", "mode")}
    shared = ("client", "hook_instance", "patient_id")
    of_event = (*shared, "id", "event", "service", "user_id", "encounter_id", "recorded_at")
    return {
        "audit_events": [{**{name: event[name] for name in of_event}, "detail": text(detail)}],
        "assessments": [
            {
                **{name: event[name] for name in shared},
                **_old_assessment(found, place),
                "id": f"a{place}",
                "created_at": event["recorded_at"],
            }
            for place in range(len(found.assessments))
        ],
        "cards": [_old_card(dict(each)) for each in batch["cards"]],
        "suggestions": [
            {"client": each["client"], "uuid": uuid, "card_uuid": each["uuid"]}
            for each in batch["cards"]
            for uuid in decoded(str(each["suggestions"]))
        ],
    }


def _old_card(row: dict[str, Any]) -> dict[str, Any]:
    places = decoded(row.pop("rests_on"))
    for name in ("call_id", "suggestions"):
        del row[name]
    return row | {"assessments": text([f"a{place}" for place in places])}


def _old_assessment(found: KeptAssessments, place: int) -> dict[str, Any]:
    each = found.assessments[place]
    named = [msgspec.to_builtins(fact) for fact in found.facts_of(each)]
    inputs = {fact.pop("name"): fact for fact in named}
    apart = ("link", "baseline", "parts")
    predictions = [msgspec.to_builtins(one) for one in each.predictions]
    added = {
        one["outcome"]: {"link": "identity", "baseline": 0.0}
        | {n: one[n] for n in apart if n in one}
        for one in predictions
        if "parts" in one
    }
    return {
        "service": each.service,
        "predictor": each.predictor,
        "version": each.version,
        "as_of": "2026-03-15T12:00:00.000000Z",
        "outcome": None,
        "risk": None,
        "low": None,
        "high": None,
        "predictions": text(
            [
                {name: value for name, value in one.items() if name not in apart}
                for one in predictions
            ]
        ),
        "inputs": None if each.inputs is None else text(inputs),
        "inputs_digest": each.inputs_digest,
        "contributions": text(added) if added else None,
        "reasons": text(msgspec.to_builtins(each.reasons)),
        "mode": each.mode,
    }


def _without(one: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: value for name, value in one.items() if name not in names}


def text(value: object) -> str:
    return msgspec.json.encode(value).decode()


def told(found: KeptAssessments) -> list[object]:
    """Each assessment with its facts, wherever those are."""
    each = found.assessments
    return [found.as_of, *((replace(one, inputs=()), found.facts_of(one)) for one in each)]


def test_a_call_of_before_is_the_call_of_now() -> None:
    batch = left()
    made = converted(old(batch))
    assert told(kept(made)) == told(kept(batch))
    for name in ("calls", "cards"):
        expected = [{**row, "assessments": None} for row in batch[name]]
        assert [{**row, "assessments": None} for row in made[name]] == expected


def test_a_call_that_was_repeated_keeps_its_assessments_with_the_first() -> None:
    before = old(left())
    again = before["audit_events"][0] | {
        "id": "again",
        "recorded_at": "2026-03-15T12:00:01.000000Z",
    }
    made = converted(before | {"audit_events": [again, *before["audit_events"]]})
    held = {str(row["id"]): row["assessments"] is not None for row in made["calls"]}
    assert held == {"call-1": True, "again": False}
    assert {row["call_id"] for row in made["cards"]} == {"call-1"}


def test_assessments_without_an_event_are_a_call_of_their_own() -> None:
    before = old(left())
    made = converted(before | {"audit_events": []})
    assert told(kept(made)) == told(kept(left()))
    assert {row["call_id"] for row in made["cards"]} == {made["calls"][0]["id"]}
    assert made["calls"][0]["mode"] is None


def test_after_an_upgrade_a_card_of_before_is_computed_again(bare_settings: StoreSettings) -> None:
    store, batch = Store(bare_settings.url), left()
    with store.begin() as connection:
        migrate(connection, "0003")
        found = MetaData()
        found.reflect(connection)
        rows: Old = old(batch)
        for name in ("cards", "suggestions", "assessments", "audit_events"):
            connection.execute(insert(found.tables[name]), [dict(row) for row in rows[name]])
    upgrade(store)
    card: Row = max(batch["cards"], key=lambda row: len(str(row["rests_on"])))
    row, held = recall(store, str(card["uuid"]), client="demo")
    assert row == card
    verdicts = {
        replayed(
            each, held.facts_of(each), lambda *named: find(*named, settings=ModelSettings())
        ).verdict
        for each in held.assessments
    }
    assert verdicts == {"agrees", "not replayed"}


@pytest.mark.parametrize("missing", ["suggestions", "assessments", "cards"])
def test_whatever_is_missing_the_rest_is_converted(missing: str) -> None:
    before = {name: rows for name, rows in old(left()).items() if name != missing}
    assert len(converted(before)["calls"]) == 1
