"""A launch by its parts: what is refused of an EHR's answers, and how the app proves itself."""

import re
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from cds_hooks.protocol.hooks import CONTEXTS
from cds_hooks.settings.clients import Client, FhirServer, Smart
from cds_hooks.settings.file import from_tables
from cds_hooks.settings.validation import ConfigError
from cds_hooks.smart.app import App, LaunchRefused, registered
from cds_hooks.smart.authorization import authorization_url, endpoints, verifier
from cds_hooks.smart.token_request import hook_request, token_request, token_response
from cds_hooks.store.pseudonyms import Keys

ROOT = Path(__file__).parents[3]
KEYS = Keys((b"the secret of the tests",))
BASE = "https://ehr.example.org/fhir"
CONFIGURATION = {
    "authorization_endpoint": "https://ehr.example.org/authorize",
    "token_endpoint": "https://ehr.example.org/token",
    "code_challenge_methods_supported": ["S256"],
}
TOKEN = {"access_token": "t0k3n", "token_type": "Bearer", "patient": "p1", "appContext": "c1"}


def app(**smart: Any) -> App:
    found = Smart(client_id="a b", **smart)
    server = FhirServer(base=BASE)
    client = Client(
        issuer="https://i", jkus=("https://i/jwks",), fhir_servers=(server,), smart=found
    )
    return App("hospital", client, found, server)


def encoded(told: dict[str, Any]) -> bytes:
    return msgspec.json.encode({name: each for name, each in told.items() if each is not ...})


@pytest.mark.parametrize(
    "iss",
    [
        f"{BASE}/",
        "https://EHR.example.org/fhir",
        "https://ehr.example.org:443/fhir",
        "https://ehr.example.org/fhir/../fhir",
        "https://ehr.example.org.evil.example/fhir",
        "http://ehr.example.org/fhir",
        "",
    ],
)
def test_a_fhir_server_is_launched_from_as_it_was_registered_and_not_otherwise(iss: str) -> None:
    clients = {"hospital": app().client}
    assert registered(BASE, clients).name == "hospital"
    with pytest.raises(LaunchRefused, match="not registered"):
        registered(iss, clients)


def test_a_client_without_the_app_launches_nothing() -> None:
    without = msgspec.structs.replace(app().client, smart=None)
    with pytest.raises(LaunchRefused, match="not registered"):
        registered(BASE, {"hospital": without})


@pytest.mark.parametrize("methods", [..., [], ["plain"]])
def test_an_ehr_that_does_not_say_that_it_checks_s256_is_refused(methods: Any) -> None:
    told = CONFIGURATION | {"code_challenge_methods_supported": methods}
    with pytest.raises(LaunchRefused, match="no S256"):
        endpoints(encoded(told), app())


@pytest.mark.parametrize("name", ["authorization_endpoint", "token_endpoint"])
@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/token",
        "http://ehr.example.org/token",
        "https://ehr.example.org:8443/token",
        "https://ehr.example.org@evil.example/token",
        "javascript:alert(1)",
        "",
    ],
)
def test_an_endpoint_elsewhere_is_refused(name: str, elsewhere: str) -> None:
    with pytest.raises(LaunchRefused, match="endpoint"):
        endpoints(encoded(CONFIGURATION | {name: elsewhere}), app())


def test_an_endpoint_under_a_registered_authorization_server_is_taken() -> None:
    login = FhirServer(base="https://login.example.org/oauth2", ca_file="their.pem")
    told = CONFIGURATION | {
        "authorization_endpoint": "https://login.example.org/oauth2/authorize",
        "token_endpoint": "https://login.example.org/oauth2/token",
    }
    found = endpoints(encoded(told), app(authorization_servers=(login,)))
    assert found.token_server.ca_file == "their.pem"


@given(st.binary(max_size=200))
def test_what_is_no_configuration_and_no_token_response_is_refused(noise: bytes) -> None:
    with pytest.raises(LaunchRefused):
        endpoints(noise, app())
    with pytest.raises(LaunchRefused):
        token_response(noise)


def test_the_browser_is_sent_with_a_challenge_and_no_verifier() -> None:
    url = authorization_url(
        "https://ehr.example.org/authorize?tenant=1",
        app(),
        launch="l&1",
        state="s",
        redirect="https://us.example/smart/callback",
        keys=KEYS,
    )
    assert url.startswith("https://ehr.example.org/authorize?tenant=1&response_type=code&")
    assert "code_challenge_method=S256" in url
    assert "launch=l%261&" in url
    assert "aud=https%3A%2F%2Fehr.example.org%2Ffhir" in url
    assert verifier("s", KEYS) not in url


def test_two_launches_have_different_verifiers_of_43_characters() -> None:
    assert verifier("s", KEYS) != verifier("t", KEYS)
    assert len(verifier("s", KEYS)) == 43


def exchange(found: App, secret: str) -> tuple[dict[str, str], dict[str, str]]:
    return token_request(
        found,
        "https://ehr.example.org/token",
        code="c",
        state="s",
        redirect="https://us.example/smart/callback",
        keys=KEYS,
        secret=secret,
        now=datetime(2026, 3, 15, tzinfo=UTC),
    )


def test_a_public_app_names_itself_and_a_confidential_one_shows_its_secret_in_the_header() -> None:
    form, headers = exchange(app(), "")
    assert form["client_id"] == "a b"
    assert "Authorization" not in headers
    form, headers = exchange(app(secret_env="S"), "p:ss")
    assert "client_id" not in form
    assert headers["Authorization"] == "Basic YStiOnAlM0Fzcw=="  # a+b:p%3Ass


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"token_type": "mac"}, "token type"),
        ({"token_type": ...}, "token response"),
        ({"access_token": ""}, "token response"),
        ({"patient": ...}, "token response"),
        ({"patient": 1}, "token response"),
        ({"appContext": ...}, "no card in context"),
        ({"appContext": ""}, "no card in context"),
    ],
)
def test_a_token_response_that_lacks_what_the_page_needs_is_refused(
    changed: dict[str, Any], reason: str
) -> None:
    assert token_response(encoded(TOKEN)).patient == "p1"
    with pytest.raises(LaunchRefused, match=reason):
        token_response(encoded(TOKEN | changed))


def test_a_token_response_shows_nothing_of_itself() -> None:
    assert repr(token_response(encoded(TOKEN))) == "TokenResponse(<redacted>)"


@pytest.mark.parametrize("hook", ["patient-view", "encounter-start", "encounter-discharge"])
def test_the_chart_is_asked_for_as_the_cards_hook_would(hook: str) -> None:
    asked = hook_request(
        token_response(encoded(TOKEN | {"encounter": "e1", "expires_in": 60})), app(), hook
    )
    assert asked.hook == hook
    assert type(asked.context) is CONTEXTS[hook]
    assert (asked.context.patient_id, asked.context.encounter_id) == ("p1", "e1")
    assert asked.fhir_server == BASE
    assert "t0k3n" not in repr(asked)


@pytest.mark.parametrize("patient", ["../Patient/p2", "p1?x=y", "p 1", ""])
def test_a_patient_whose_id_would_be_more_than_an_id_is_refused(patient: str) -> None:
    with pytest.raises(LaunchRefused, match="context"):
        hook_request(token_response(encoded(TOKEN | {"patient": patient})), app(), "patient-view")


def test_a_card_opened_outside_an_encounter_needs_none() -> None:
    asked = hook_request(token_response(encoded(TOKEN)), app(), "patient-view")
    assert asked.context.encounter_id is UNSET


@pytest.mark.parametrize(
    ("hook", "encounter"),
    [
        ("encounter-start", None),
        ("encounter-discharge", None),
        ("encounter-discharge", ""),
        ("order-select", "e1"),
        ("order-sign", "e1"),
    ],
)
def test_a_hook_whose_context_the_token_response_cannot_fill_is_refused(
    hook: str, encounter: str | None
) -> None:
    named = {} if encounter is None else {"encounter": encounter}
    with pytest.raises(LaunchRefused, match="hook context"):
        hook_request(token_response(encoded(TOKEN | named)), app(), hook)


def test_two_ways_to_prove_itself_or_half_of_one_are_mistakes_of_the_configuration() -> None:
    client = {"issuer": "https://i", "jkus": ["https://i/jwks"]}
    for smart in (
        {"client_id": "a", "secret_env": "A", "secret_file": "b"},
        {"client_id": "a", "key_file": "b"},
    ):
        tables = {"public_url": "https://us.example", "clients": {"h": client | {"smart": smart}}}
        with pytest.raises(ConfigError, match=r"clients\.h\.smart"):
            from_tables(tables)


def test_the_app_needs_an_address_to_come_back_to() -> None:
    smart = {"client_id": "a"}
    client = {"issuer": "https://i", "jkus": ["https://i/jwks"], "smart": smart}
    with pytest.raises(ConfigError, match="public_url"):
        from_tables({"clients": {"h": client}})


def test_every_reason_for_which_the_page_does_not_open_is_explained() -> None:
    package = ROOT / "cds_hooks"
    modules = [*package.glob("smart/*.py"), package / "web/smart.py"]
    modules.append(package / "risk_detail/smart_detail.py")
    texts = [each.read_text(encoding="utf-8") for each in modules]
    reasons = {found for text in texts for found in re.findall(r'LaunchRefused\("([^"]+)"\)', text)}
    rows = re.findall(r"^\| (`.+?`) \|", (ROOT / "docs/smart.md").read_text("utf-8"), re.MULTILINE)
    explained = {found for row in rows for found in re.findall(r"`([^`]+)`", row)}
    assert len(reasons) > 10
    assert reasons <= explained


def test_the_documents_settings_are_read() -> None:
    (told,) = re.findall(
        r"```toml\n(.*?)```", (ROOT / "docs/smart.md").read_text("utf-8"), re.DOTALL
    )
    smart = from_tables(tomllib.loads(told)).clients["north"].smart
    assert smart is not None
    assert smart.authorization_servers[0].base == "https://login.north.example/oauth2"
