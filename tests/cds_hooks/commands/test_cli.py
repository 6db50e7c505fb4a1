import json
import os
import subprocess
from pathlib import Path

import jwt
import pytest
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives import serialization

from cds_hooks.commands.cli import main
from cds_hooks.protocol.hooks import CONTEXTS
from cds_hooks.protocol.json import encode, read_request
from tests.callers import private_key
from tests.cds_hooks.engine.service_at_hand import CDSService, listening
from tests.charts import patient, result
from tests.servers import ROOT, SERVE

FIXTURES = Path(__file__).parents[3] / "fixtures" / "patients"
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


@pytest.mark.parametrize("hook", CONTEXTS)
def test_call_sends_the_context_of_the_services_hook(hook: str, tmp_path: Path) -> None:
    visit = {"resourceType": "Encounter", "id": "e1", "status": "in-progress"}
    draft = {"resourceType": "MedicationRequest", "id": "m1", "status": "draft"}
    entry = [{"resource": each} for each in (PATIENT, visit, draft)]
    chart = tmp_path / "chart.json"
    chart.write_text(json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entry}))
    service = CDSService(discovery=offering(hook))
    assert called(service, chart).exit_code == 0
    (sent,) = service.sent
    read = read_request(encode(sent), hook)
    assert (read.context.patient_id, read.context.encounter_id) == ("p1", "e1")
    assert sent["prefetch"] == {"visit": visit}


@pytest.mark.parametrize(
    ("hook", "why"),
    [
        ("encounter-discharge", "the Bundle holds no Encounter"),
        ("appointment-book", "no chart can fill the context of the hook appointment-book"),
        ("\x1b[2Jappointment-book", "no chart can fill the context of the hook"),
    ],
)
def test_call_says_which_hook_the_chart_cannot_open(chart: Path, hook: str, why: str) -> None:
    service = CDSService(discovery=offering(hook))
    result = called(service, chart)
    assert result.exit_code == 1
    assert why in result.output
    assert "\x1b" not in result.output
    assert service.sent == []


def offering(hook: str) -> bytes:
    """The discovery of a service of that hook."""
    service = {"hook": hook, "id": "greeter", "description": "Greets."}
    prefetch = {"visit": "Encounter/{{context.encounterId}}"}
    return json.dumps({"services": [service | {"prefetch": prefetch}]}).encode()


def test_call_adds_draft_orders_of_a_file_to_the_chart(chart: Path, tmp_path: Path) -> None:
    drafts = tmp_path / "drafts.json"
    drafts.write_text(json.dumps({"resourceType": "MedicationRequest", "id": "103"}))
    service = CDSService(discovery=offering("order-select"))
    assert called(service, chart, "--drafts", str(drafts)).exit_code == 0
    context = service.sent[0]["context"]
    assert context["selections"] == ["MedicationRequest/103"]
    assert context["draftOrders"]["entry"][0]["resource"]["status"] == "draft"


def test_call_says_that_a_file_holds_no_drafts(chart: Path, tmp_path: Path) -> None:
    drafts = tmp_path / "drafts.json"
    drafts.write_text("none")
    result = called(CDSService(discovery=offering("order-sign")), chart, "--drafts", str(drafts))
    assert result.exit_code == 1
    assert "not FHIR in JSON" in result.output


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


def test_check_reads_with_the_sites_own_codes(tmp_path: Path) -> None:
    coding = {"system": "https://hospital.example/lab", "code": "K-POC"}
    local = result("potassium", 4.4, code={"coding": [coding]})
    entries = [{"resource": each} for each in (patient(), local)]
    chart, config = tmp_path / "chart.json", tmp_path / "cds.toml"
    chart.write_bytes(encode({"resourceType": "Bundle", "entry": entries}))
    config.write_text('[site_map.codes]\n"https://hospital.example/lab" = { K-POC = "potassium" }')
    assert "Potassium 4.4 mmol/L" not in run("check", chart).stdout
    assert "Potassium 4.4 mmol/L" in run("check", "--config", config, chart).stdout


def test_check_fails_when_the_file_is_no_chart(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("{}")
    result = run("check", path)
    assert result.exit_code == 1
    assert "notes.txt: not a FHIR Bundle" in result.stderr


def test_serve_refuses_to_start_without_a_variable_that_its_configuration_names(
    tmp_path: Path,
) -> None:
    (tmp_path / "cds.toml").write_text('limits.storage_env = "NOT_SET_IN_THE_TESTS"')
    # A process of its own: what serves configures the log of its process.
    done = subprocess.run(
        [*SERVE, "--demo", "--config", "cds.toml"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
    )
    told = "Error: limits.storage_env: the variable NOT_SET_IN_THE_TESTS is not set here\n"
    assert (done.returncode, done.stderr) == (1, told)


def test_serve_refuses_a_configuration_that_it_does_not_understand(tmp_path: Path) -> None:
    path = tmp_path / "cds.toml"
    path.write_text("no_such_key = 1")
    result = run("serve", "--demo", "--config", path)
    assert result.exit_code == 1
    assert "no_such_key" in result.stderr


def test_serve_outside_the_demo_refuses_to_start() -> None:
    result = run("serve")
    assert result.exit_code == 1
    assert "outside the demo the clients that may call are needed" in result.stderr


def test_the_demo_is_served_to_this_computer_alone() -> None:
    result = run("serve", "--demo", "--host", "0.0.0.0")  # noqa: S104 - it is refused
    assert result.exit_code == 1
    assert "for this computer alone" in result.stderr


def assessed(charts: Path, *more: str) -> Result:
    return run("assess", charts, "--as-of", "2026-03-15T12:00:00Z", *more)


def test_assess_prints_a_risk_assessment_a_line() -> None:
    result = assessed(FIXTURES / "af-stroke-risk-fires.json", "--ndjson")
    assert result.exit_code == 0
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert {line["resourceType"] for line in lines} == {"RiskAssessment"}
    assert {line["subject"]["reference"] for line in lines} == {"Patient/af-fires"}
    assert {line["status"] for line in lines} == {"final", "cancelled"}


def test_assess_takes_the_charts_of_a_folder_and_tells_how_far_it_is(tmp_path: Path) -> None:
    for name in ("b", "a"):
        entry = [{"resource": PATIENT | {"id": name}}]
        (tmp_path / f"{name}.json").write_text(
            json.dumps({"resourceType": "Bundle", "entry": entry})
        )
    result = assessed(tmp_path, "--ndjson")
    subjects = [json.loads(line)["subject"]["reference"] for line in result.stdout.splitlines()]
    assert list(dict.fromkeys(subjects)) == ["Patient/a", "Patient/b"]
    assert "Assessing" in result.stderr


def test_assess_covers_the_services_of_every_hook_that_the_chart_can_fill(
    tmp_path: Path, chart: Path
) -> None:
    config = tmp_path / "cds.toml"
    config.write_text('[services.discharge-readmission]\nmode = "live"')
    leaving = FIXTURES / "discharge-readmission-fires.json"
    told = assessed(leaving, "--config", str(config)).stdout
    assert "Readmission risk at discharge" in told
    assert "Laboratory safety" in told
    told = assessed(chart, "--config", str(config)).stdout
    assert "Readmission risk at discharge" not in told
    assert "Laboratory safety" in told


def test_assess_without_ndjson_is_for_people() -> None:
    text = assessed(FIXTURES / "af-stroke-risk-fires.json").stdout
    assert text.startswith("af-stroke-risk-fires.json\n")
    assert "    CHA2DS2-VA: CHA2DS2-VA 4\n" in text


def test_assess_writes_to_a_file(tmp_path: Path, chart: Path) -> None:
    path = tmp_path / "assessments.ndjson"
    result = assessed(chart, "--ndjson", "--output", str(path))
    assert result.stdout == ""
    assert json.loads(path.read_text().splitlines()[0])["resourceType"] == "RiskAssessment"


def test_assess_goes_on_after_a_file_that_is_no_chart_and_fails(
    tmp_path: Path, chart: Path
) -> None:
    (tmp_path / "a.json").write_text("{}")
    result = assessed(tmp_path)
    assert result.exit_code == 1
    assert "a.json: not a FHIR Bundle" in result.stderr
    assert result.stdout.startswith(f"{chart.name}\n")


@pytest.mark.parametrize(("name", "told"), [("notes.txt", ""), ("all.ndjson", "Bulk Data")])
def test_assess_of_a_folder_without_a_chart_fails_in_a_sentence(
    tmp_path: Path, name: str, told: str
) -> None:
    (tmp_path / name).write_text("{}")
    result = assessed(tmp_path)
    assert (result.exit_code, result.stdout) == (1, "")
    assert f"{tmp_path} holds no chart: a chart is a FHIR Bundle of one patient" in result.stderr
    assert told in result.stderr


@pytest.mark.parametrize("command", [(), ("serve",), ("db", "export")])
def test_every_command_has_its_help_under_h_too(command: tuple[str, ...]) -> None:
    assert run(*command, "-h").output == run(*command, "--help").output


def test_call_of_what_is_no_web_address_says_so(chart: Path) -> None:
    result = run("call", "--url", "localhost:8000", "--service", "x", "--patient", chart)
    assert result.exit_code == 1
    assert "is no web address: one begins with http:// or https://" in result.stderr


def test_assess_takes_the_sites_choices(tmp_path: Path, chart: Path) -> None:
    config = tmp_path / "cds.toml"
    config.write_text('[services.lab-safety]\nmode = "off"')
    assert "Laboratory safety" in assessed(chart).stdout
    assert "Laboratory safety" not in assessed(chart, "--config", str(config)).stdout
    config.write_text("no_such_key = 1")
    assert "no_such_key" in assessed(chart, "--config", str(config)).stderr


@pytest.mark.parametrize("moment", ["yesterday", "2026-03-15", "2026-03-15T12:00:00"])
def test_assess_needs_a_whole_moment(chart: Path, moment: str) -> None:
    result = run("assess", chart, "--as-of", moment)
    assert result.exit_code == 2
    assert "--as-of" in result.stderr


def test_assess_takes_now_for_no_moment(chart: Path) -> None:
    assert run("assess", chart).exit_code == 0


@pytest.fixture
def pem(tmp_path: Path) -> Path:
    path = tmp_path / "client.pem"
    key = private_key("P-384")
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path


def test_every_call_is_signed_for_its_own_address(chart: Path, pem: Path) -> None:
    service = CDSService()
    assert called(service, chart, "--key", str(pem), "--kid", "k", "--issuer", "x").exit_code == 0
    told = [
        jwt.decode(each.removeprefix("Bearer "), options={"verify_signature": False})["aud"]
        for each in service.authorizations
    ]
    assert told == [service.url + path for path in service.paths]


def test_a_call_names_the_fhir_server_and_its_token_and_may_send_no_prefetch(chart: Path) -> None:
    service = CDSService()
    access = ("--fhir-server", "https://ehr.example/fhir", "--fhir-token", "t", "--no-prefetch")
    assert called(service, chart, *access).exit_code == 0
    (sent,) = service.sent
    assert "prefetch" not in sent
    assert sent["fhirServer"] == "https://ehr.example/fhir"
    assert sent["fhirAuthorization"]["access_token"] == "t"
    assert sent["fhirAuthorization"]["patient"] == "p1"


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (["--issuer", "x"], "--kid where the key has no id"),
        (["--kid", "k"], "--key needs --issuer"),
        (["--kid", "k", "--issuer", "x", "--algorithm", "RS384"], "does not sign with RS384"),
        (["--kid", "k", "--issuer", "x", "--claim", "tenant"], "--claim is NAME=VALUE"),
    ],
)
def test_a_call_that_cannot_be_signed_is_not_made(
    chart: Path, pem: Path, more: list[str], told: str
) -> None:
    service = CDSService()
    result = called(service, chart, "--key", str(pem), *more)
    assert result.exit_code != 0
    assert told in result.stderr
    assert service.paths == []


def test_the_public_half_of_a_key_is_printed_as_a_set(pem: Path) -> None:
    (public,) = json.loads(run("jwks", pem, "--kid", "k").stdout)["keys"]
    assert (public["kid"], public["alg"]) == ("k", "ES384")
    assert "d" not in public
    assert "--kid is needed" in run("jwks", pem).stderr


def test_check_config_tells_each_mistake_with_its_key_or_every_setting(tmp_path: Path) -> None:
    path = tmp_path / "cds.toml"
    path.write_text("max_bod = 1\n[clients.ehr]\nissuer = 1")
    result = run("check-config", path)
    assert result.exit_code == 1
    assert "cds.toml: max_bod: there is no such key" in result.stderr
    assert "cds.toml: clients.ehr.issuer: expected a text, got a whole number" in result.stderr
    keys = '[clients.ehr]\nissuer = "x"\njkus = ["https://ehr.example/jwks"]'
    path.write_text(f'public_url = "https://cds.example.org"\n{keys}')
    result = run("check-config", path)
    assert result.exit_code == 0
    assert 'clients.ehr.issuer = "x"' in result.stdout


def test_serve_refuses_what_cannot_be_served_with_each_reason(tmp_path: Path) -> None:
    path = tmp_path / "cds.toml"
    path.write_text("")
    result = run("serve", "--config", path)
    assert result.exit_code == 1
    assert "clients: there is none" in result.stderr
    assert "public_url: " in result.stderr
