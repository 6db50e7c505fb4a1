from collections import Counter
from collections.abc import Iterable
from typing import Any

import msgspec
import pytest

from cds_hooks.settings.store import StoreSettings
from cds_hooks.store import startup
from cds_hooks.store.database import insert
from cds_hooks.store.export import exported, exported_of
from cds_hooks.store.recorder import Recorder
from cds_hooks.store.schema import Batch
from tests import stores
from tests.cds_hooks.store.calls import answer, call
from tests.charts import at_risk, patient

FEEDBACK: Batch = {
    "feedback": [
        {
            "client": client,
            "id": client,
            "service": "cardiovascular-risk",
            "card_uuid": str(
                answer(patient(), *at_risk(), service="cardiovascular-risk").issued[0].card.uuid
            ),
            "outcome": "accepted",
            "outcome_at": None,
            "suggestions": "[]",
            "reason_code": None,
            "reason_system": None,
            "reason_display": None,
            "comment": "[a person's words",
            "orphan": False,
            "mismatch": False,
            "dialect": "standard",
            "received_at": "2026-03-15T12:00:00.000000Z",
        }
        for client in ("demo", "another")
    ]
}


@pytest.fixture
def remembering(store_settings: StoreSettings) -> Recorder:
    made = startup.recorder(store_settings, stores.ENVIRONMENT)
    answered = answer(patient(), *at_risk(), service="cardiovascular-risk")
    made.record(answered, call("one", client="demo"))
    made.record(answered, call("two", client="another"))
    made.store.within(10, lambda connection: insert(connection, FEEDBACK))
    return made


def told(lines: Iterable[bytes]) -> list[dict[str, Any]]:
    return [msgspec.json.decode(line) for line in lines]


def test_every_row_is_a_line_and_its_json_is_json(remembering: Recorder) -> None:
    lines = told(exported(remembering.store))
    counts = Counter(line["table"] for line in lines)
    assert counts["cards"] == counts["feedback"] == counts["calls"] == 2
    (kept, *_) = (line["row"]["assessments"] for line in lines if line["table"] == "calls")
    given = {fact["name"]: fact.get("given") for fact in kept["facts"]}
    assert given["sbp"] == 150
    assert kept["assessments"][0]["predictor"] == "prevent"
    assert next(line for line in lines if line["table"] == "feedback")["row"]["comment"].startswith(
        "["
    )


def test_of_one_patient_only_what_is_kept_for_that_client(remembering: Recorder) -> None:
    known = remembering.keys.every("patient", "p1", client="demo")
    lines = told(exported_of(remembering.store, client="demo", patient=known))
    assert {line["row"]["client"] for line in lines} == {"demo"}
    assert {line["table"] for line in lines} == {"calls", "cards", "feedback"}


def test_of_another_patient_nothing_is_exported(remembering: Recorder) -> None:
    known = remembering.keys.every("patient", "p2", client="demo")
    assert told(exported_of(remembering.store, client="demo", patient=known)) == []
