import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cds_hooks.cli import main
from tests.cds_hooks.service_at_hand import CDSService, listening

PATIENT = {"resourceType": "Patient", "id": "p1"}


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    path = tmp_path / "chart.json"
    entry = [{"resource": PATIENT}]
    path.write_text(json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entry}))
    return path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def called(service: CDSService, chart: Path, *more: str, name: str = "greeter") -> Result:
    with listening(service):
        return run("call", "--url", service.url, "--service", name, "--patient", chart, *more)


def test_call_sends_the_chart_as_the_templates_ask_for_it(chart: Path) -> None:
    service = CDSService()
    assert called(service, chart).exit_code == 0
    (sent,) = service.sent
    assert sent["hook"] == "patient-view"
    assert sent["context"]["patientId"] == "p1"
    assert sent["prefetch"] == {"patient": PATIENT}
    assert service.paths == ["/cds-services", "/cds-services/greeter"]


def test_every_call_is_another_hook_instance(chart: Path) -> None:
    service = CDSService()
    called(service, chart)
    called(service, chart)
    assert len({sent["hookInstance"] for sent in service.sent}) == 2


def test_call_shows_the_cards(chart: Path) -> None:
    card = {"summary": "Hello", "indicator": "info", "source": {"label": "Greeter"}}
    service = CDSService(body=json.dumps({"cards": [card]}).encode())
    assert called(service, chart).stdout == "[INFO] Hello\n  Source: Greeter\n"


def test_call_with_json_prints_the_answer_itself(chart: Path) -> None:
    service = CDSService(body=b'{"cards": [], "extension": {"a": 1}}')
    shown = called(service, chart, "--json").stdout
    assert json.loads(shown) == {"cards": [], "extension": {"a": 1}}


def test_call_fails_readably_when_the_service_refuses(chart: Path) -> None:
    issue = {"severity": "error", "code": "required", "details": {"text": "conditions are needed"}}
    outcome = {"resourceType": "OperationOutcome", "issue": [issue]}
    result = called(CDSService(status=412, body=json.dumps(outcome).encode()), chart)
    assert result.exit_code == 1
    assert "answered 412" in result.stderr
    assert "error: conditions are needed" in result.stderr
    assert result.stdout == ""


def test_call_fails_when_there_is_no_such_service(chart: Path) -> None:
    result = called(CDSService(), chart, name="other")
    assert result.exit_code == 1
    assert "it offers greeter" in result.stderr


def test_call_fails_when_the_file_is_no_chart(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not a chart")
    result = called(CDSService(), path)
    assert result.exit_code == 1
    assert "notes.txt: not a FHIR Bundle" in result.stderr


def test_a_refusal_cannot_steer_the_terminal(chart: Path) -> None:
    discovery = json.dumps({"services": [{"id": "\x1b[2J"}]}).encode()
    assert "\x1b" not in called(CDSService(discovery=discovery), chart).stderr


def test_check_tells_what_is_read(chart: Path) -> None:
    result = run("check", chart)
    assert result.exit_code == 0
    assert result.stdout.startswith("Patient (1)\n")


def test_check_fails_when_the_file_is_no_chart(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("{}")
    result = run("check", path)
    assert result.exit_code == 1
    assert "notes.txt: not a FHIR Bundle" in result.stderr


def test_serve_refuses_a_configuration_that_it_does_not_understand(tmp_path: Path) -> None:
    path = tmp_path / "cds.toml"
    path.write_text("no_such_key = 1")
    result = run("serve", "--demo", "--config", path)
    assert result.exit_code == 1
    assert "no_such_key" in result.stderr


def test_serve_outside_the_demo_refuses_to_start() -> None:
    result = run("serve")
    assert result.exit_code == 1
    assert "clients cannot be authenticated yet" in result.stderr
