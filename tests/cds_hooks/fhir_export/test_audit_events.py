from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner
from fhir.resources.R4B.auditevent import AuditEvent

from cds_hooks.commands.cli import main
from cds_hooks.fhir_export.audit_events import audit_event
from cds_hooks.protocol.feedback import Outcome
from cds_hooks.protocol.json import encode
from cds_hooks.settings.store import StoreSettings
from cds_hooks.store import startup
from cds_hooks.store.audit_rows import audited
from cds_hooks.store.feedback_rows import Received, keep
from cds_hooks.store.recorder import Recorder
from tests import stores
from tests.cds_hooks.store.calls import answer, call
from tests.charts import NOW

# The required bindings of R4B's AuditEvent: audit-event-action, audit-event-outcome.
ACTIONS = {"C", "R", "U", "D", "E"}
OUTCOMES = {"0", "4", "8", "12"}


def remember(remembering: Recorder) -> None:
    answered = answer()
    remembering.record(answered, call("one"))
    remembering.record(answered, call("two", client="another"))
    card = str(answered.issued[0].card.uuid)
    sent = (
        Outcome(card, "overridden", NOW, code="disagree", comment="SECRET"),
        Outcome("an orphan", "overridden", NOW, comment="SECRET"),
    )
    with remembering.store.begin() as connection:
        keep(connection, Received(sent, client="demo", service="lab-safety", at=NOW))


@pytest.fixture
def remembering(store_settings: StoreSettings) -> Recorder:
    made = startup.recorder(store_settings, stores.ENVIRONMENT)
    remember(made)
    return made


def events(remembering: Recorder, **of: Any) -> list[dict[str, Any]]:
    return [dict(audit_event(row)) for row in audited(remembering.store, **of)]


def empty(value: object) -> bool:
    if isinstance(value, dict | list):
        return not value or any(map(empty, value.values() if isinstance(value, dict) else value))
    return value is None or value == ""


def test_each_call_and_each_feedback_is_an_event(remembering: Recorder) -> None:
    told = [(each["subtype"][0]["code"], each["action"]) for each in events(remembering)]
    assert told == [("call", "E")] * 2 + [("feedback", "C")] * 2


def test_each_is_valid_r4b_with_its_bindings_in_range_and_nothing_empty(
    remembering: Recorder,
) -> None:
    for each in events(remembering):
        AuditEvent.model_validate_json(encode(each))
        assert each["action"] in ACTIONS
        assert each["outcome"] in OUTCOMES
        assert sum(agent["requestor"] for agent in each["agent"]) == 1
        assert not empty(each)


def test_an_event_says_who_about_whom_and_what_in_ids_as_they_are_kept(
    remembering: Recorder,
) -> None:
    first = events(remembering)[0]
    user = remembering.keys.of("user", "Practitioner/SECRET-user", client="demo")
    patient = remembering.keys.of("patient", "p1", client="demo")
    who = [agent["who"]["identifier"]["value"] for agent in first["agent"]]
    assert who == [user, "demo"]
    assert first["entity"][0]["what"] == {"type": "Patient", "identifier": {"value": patient}}
    detail = {part["type"]: part["valueString"] for part in first["entity"][-1]["detail"]}
    assert detail == {
        "hook": "patient-view",
        "service": "lab-safety",
        "shown": "1",
        "withheld": "0",
        "mode": "live",
    }
    assert first["recorded"] == "2026-03-15T12:00:00Z"


def test_feedback_is_about_the_patient_of_its_card_and_an_orphan_about_none(
    remembering: Recorder,
) -> None:
    told = [each for each in events(remembering) if each["action"] == "C"]
    kinds = [{entity["what"].get("type") for entity in each["entity"]} for each in told]
    assert sorted(kinds, key=len) == [{None}, {"Patient", "Encounter", None}]


def test_what_a_clinician_wrote_is_in_no_event(remembering: Recorder) -> None:
    assert "SECRET" not in repr(events(remembering))


def test_of_one_patient_there_are_its_own_events_of_that_client(remembering: Recorder) -> None:
    known = remembering.keys.every("patient", "p1", client="demo")
    told = events(remembering, client="demo", patient=known)
    assert [each["action"] for each in told] == ["E", "C"]
    assert events(remembering, client="demo", patient=("another",)) == []


def test_a_call_that_a_service_did_not_answer_is_a_minor_failure(remembering: Recorder) -> None:
    row, *_ = audited(remembering.store)
    detail = '{"unanswered":{"kidney-risk":"late"}}'
    told = audit_event(dict(row) | {"detail": detail})
    assert told["outcome"] == "4"


def test_the_command_writes_an_event_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    made = startup.prepared(StoreSettings())
    remember(made)
    made.store.close()
    for arguments, count in (((), 4), (("--patient", "Patient/p1"), 2)):
        run = CliRunner().invoke(main, ["db", "export", "--format", "audit-event", *arguments])
        assert run.exit_code == 0, run.output
        lines = [msgspec.json.decode(line) for line in run.output.splitlines()]
        assert [line["resourceType"] for line in lines] == ["AuditEvent"] * count
