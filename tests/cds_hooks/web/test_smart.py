"""A launch from an EHR to the page, and everything that must not open it."""

import re
from collections.abc import Iterator
from dataclasses import replace as changed
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from msgspec.structs import replace
from sqlalchemy import select, update

from cds_hooks.settings.server import LimitSettings
from cds_hooks.store.schema import calls, feedback, smart_launches
from tests import stores
from tests.charts import result
from tests.launches import (
    AT_DISCHARGE,
    CLIENT,
    PATIENT,
    SERVICE,
    Site,
    days_ago,
    leaving,
    shown_card,
    site,
    smoker,
)
from tests.smart_server import Ehr, ehr

REFUSED = "This page cannot be opened"


@pytest.fixture(scope="module")
def running() -> Iterator[Site]:
    with ehr(*smoker()) as made, site(made) as found:
        yield found


@pytest.fixture
def here(running: Site) -> Iterator[Site]:
    """The site and its EHR as they were before any test."""
    was = changed(running.ehr)
    was.resources, was.token = list(was.resources), dict(was.token)
    was.configuration = dict(was.configuration)
    running.ehr.asked.clear()
    running.ehr.forms.clear()
    yield running
    for name in ("resources", "token", "configuration", "error", "secret", "public_key"):
        setattr(running.ehr, name, getattr(was, name))


def opened(site: Site, session: requests.Session | None = None) -> requests.Response:
    """The page at the end of a launch in a browser of its own."""
    return (session or requests.Session()).get(site.launch_url(), timeout=60)


def callback(site: Site, session: requests.Session) -> str:
    """A launch as far as the address that the EHR sends the browser back to."""
    there = session.get(site.launch_url(), allow_redirects=False, timeout=60)
    back = session.get(there.headers["Location"], allow_redirects=False, timeout=60)
    return back.headers["Location"]


def assert_refused(answer: requests.Response) -> str:
    """The text of the refusal, without the number that is never the same."""
    assert answer.status_code == 403
    assert REFUSED in answer.text
    assert PATIENT not in answer.text
    return answer.text.replace(answer.headers["X-Correlation-ID"], "")


def read_of_the_chart(ehr: Ehr) -> list[str]:
    return [path for path in ehr.asked if path.startswith("/fhir/") and "well-known" not in path]


def test_the_page_shows_the_risk_on_the_chart_of_now(here: Site) -> None:
    answer = opened(here)
    assert answer.status_code == 200
    assert re.search(r'<span class="number">1\d %</span> <span class="of">ASCVD', answer.text)
    assert "Male, 62 years" in answer.text
    assert "Computed anew just now: as when the card was shown" in answer.text
    assert f"frame-ancestors {here.ehr.origin}" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert "style=" not in answer.text
    assert "<script" not in answer.text


def test_nothing_of_the_patient_is_in_an_address_or_a_cookie(here: Site) -> None:
    session = requests.Session()
    answer = opened(here, session)
    addresses = [each.url for each in (*answer.history, answer)]
    assert len(addresses) == 3
    assert not [each for each in addresses if PATIENT in each]
    assert not list(session.cookies)
    assert all(token not in answer.text for token in here.ehr.tokens)


def test_that_the_page_was_opened_is_audited(here: Site) -> None:
    number = opened(here).headers["X-Correlation-ID"]
    recorder = stores.started(here.app).recorder
    sought = select(calls).where(calls.c.id == number)
    with recorder.store.reading() as connection:
        row = connection.execute(sought).one()
    assert (row.event, row.client, row.service) == ("detail", CLIENT, SERVICE)
    assert row.patient_id == recorder.keys.of("patient", PATIENT, client=CLIENT)


def test_what_has_changed_since_the_card_is_said(here: Site) -> None:
    newer = result("sbp", 118, days_ago(1), subject={"reference": f"Patient/{PATIENT}"})
    here.ehr.resources.append(newer)
    assert re.search(r"it was 1\d %\.\s+On the chart of now it is", opened(here).text)


def test_a_launch_that_is_replayed_is_refused(here: Site) -> None:
    session = requests.Session()
    address = callback(here, session)
    assert session.get(address, timeout=60).status_code == 200
    assert_refused(session.get(address, timeout=60))
    assert len(here.ehr.forms) == 1


def test_another_browser_is_refused_and_uses_the_launch_up(here: Site) -> None:
    session = requests.Session()
    address = callback(here, session)
    assert_refused(requests.get(address, timeout=60))
    assert_refused(session.get(address, timeout=60))
    assert here.ehr.forms == []


def test_a_state_that_was_not_given_is_refused(here: Site) -> None:
    session = requests.Session()
    address = callback(here, session)
    state = parse_qs(urlsplit(address).query)["state"][0]
    other = assert_refused(session.get(address.replace(state, "x" * len(state)), timeout=60))
    none = assert_refused(session.get(address.replace(state, ""), timeout=60))
    assert other == none
    assert here.ehr.forms == []


def test_a_launch_that_has_expired_is_refused(here: Site) -> None:
    session = requests.Session()
    address = callback(here, session)
    past = update(smart_launches).values(expires_at="2026-01-01T00:00:00.000000Z")
    with stores.started(here.app).recorder.store.begin() as connection:
        connection.execute(past)
    assert_refused(session.get(address, timeout=60))
    assert here.ehr.forms == []


def test_another_patients_token_is_refused_as_a_card_that_there_is_not(here: Site) -> None:
    here.ehr.token["patient"] = "somebody-else"
    other = assert_refused(opened(here))
    here.ehr.token |= {"patient": PATIENT, "appContext": "0" * 8}
    assert assert_refused(opened(here)) == other
    assert read_of_the_chart(here.ehr) == []


def test_a_card_of_another_client_is_refused(here: Site) -> None:
    clients = here.settings.clients | {"other": here.settings.clients[CLIENT]}
    settings = replace(here.settings, clients=clients)
    here.ehr.token["appContext"] = shown_card(here.app, settings, here.ehr, "other")
    assert_refused(opened(here))
    assert read_of_the_chart(here.ehr) == []


def test_an_ehr_without_s256_is_not_launched_from(here: Site) -> None:
    here.ehr.configuration["code_challenge_methods_supported"] = ["plain"]
    assert_refused(opened(here))
    assert here.ehr.asked == ["/fhir/.well-known/smart-configuration"]


def test_a_fhir_server_that_is_not_registered_is_not_even_asked(here: Site) -> None:
    with ehr() as stranger:
        assert_refused(requests.get(here.launch_url(stranger.base), timeout=60))
        assert stranger.asked == []


def test_what_the_ehr_does_not_authorize_is_refused(here: Site) -> None:
    here.ehr.error = "access_denied"
    assert_refused(opened(here))
    assert here.ehr.forms == []


@pytest.mark.parametrize(
    "scope", ["patient/Observation.rs", "launch patient/Patient.rs", "patient/*.c"]
)
def test_scopes_that_do_not_reach_for_what_the_service_needs_are_refused(
    here: Site, scope: str
) -> None:
    here.ehr.token["scope"] = scope
    assert_refused(opened(here))
    assert read_of_the_chart(here.ehr) == []


@pytest.mark.parametrize(("name", "value"), [("access_token", None), ("token_type", "mac")])
def test_a_token_response_that_is_none_is_refused(here: Site, name: str, value: str | None) -> None:
    here.ehr.token[name] = value
    assert_refused(opened(here))


def test_a_confidential_app_proves_itself_by_a_secret(here: Site, tmp_path: Path) -> None:
    here.ehr.secret = "s3cret"
    assert_refused(opened(here))
    (tmp_path / "secret").write_text("s3cret\n")
    with site(here.ehr, secret_file=str(tmp_path / "secret")) as proving:
        assert opened(proving).status_code == 200
    assert "client_id" not in here.ehr.forms[-1]


def test_a_confidential_app_proves_itself_by_a_key(here: Site, tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP384R1())
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (tmp_path / "key.pem").write_bytes(pem)
    here.ehr.public_key = key.public_key()
    with site(here.ehr, key_file=str(tmp_path / "key.pem"), key_id="k1") as proving:
        assert opened(proving).status_code == 200


def test_by_https_the_browser_keeps_its_part_from_every_script_and_other_host(here: Site) -> None:
    secure = replace(here.settings, public_url="https://us.example")
    client = stores.served(secure).test_client()
    answer = client.get(here.launch_url().removeprefix(here.url))
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-launch-")
    for word in ("Secure", "HttpOnly", "SameSite=None", "Partitioned", "Path=/"):
        assert word in cookie
    assert "Domain" not in cookie


@pytest.fixture(scope="module")
def at_discharge() -> Iterator[Site]:
    with ehr(*leaving()) as made, site(made, service=AT_DISCHARGE) as found:
        yield found


def test_a_card_of_a_discharge_opens_for_the_encounter_that_the_token_names(
    at_discharge: Site,
) -> None:
    at_discharge.ehr.token["encounter"] = "stay-now"
    answer = opened(at_discharge)
    assert answer.status_code == 200
    assert re.search(r'<span class="number">[12]\d %</span>', answer.text)
    assert "Computed anew just now: as when the card was shown" in answer.text


@pytest.mark.parametrize("encounter", [None, "", "stay-now?x=1"])
def test_a_card_of_a_discharge_is_refused_where_the_token_names_no_encounter(
    at_discharge: Site, encounter: str | None
) -> None:
    at_discharge.ehr.token["encounter"] = encounter
    at_discharge.ehr.asked.clear()
    assert_refused(opened(at_discharge))
    assert read_of_the_chart(at_discharge.ehr) == []


def test_an_address_that_launches_too_often_is_told_to_wait(here: Site) -> None:
    settings = replace(here.settings, limits=LimitSettings(launches=2))
    app, path = stores.served(settings), here.launch_url().removeprefix(here.url)
    answers = [app.test_client().get(path) for _ in range(3)]
    assert [each.status_code for each in answers] == [302, 302, 429]
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60
    assert "Wait a minute" in answers[-1].get_data(as_text=True)
    assert f"frame-ancestors {here.ehr.origin}" in answers[-1].headers["Content-Security-Policy"]
    elsewhere = {"REMOTE_ADDR": "198.51.100.8"}
    assert app.test_client().get(path, environ_overrides=elsewhere).status_code == 302
    with stores.started(app).recorder.store.reading() as connection:
        assert len(connection.execute(select(smart_launches)).all()) == 3


def form_of(page: str) -> dict[str, str]:
    token = re.search(r'name="token" value="([^"]+)"', page)
    assert token
    return {"token": token[1]}


def test_the_card_is_overridden_from_the_page_and_what_was_kept_is_shown(here: Site) -> None:
    form = form_of(opened(here).text)
    bare = requests.post(f"{here.url}/card-feedback", data=form, timeout=60)
    assert (bare.status_code, "Choose a reason" in bare.text) == (400, True)
    told = form | {"reason": "recipient-disagrees-evidence", "comment": "asked twice"}
    answer = requests.post(f"{here.url}/card-feedback", data=told, timeout=60)
    assert "Stored: overridden." in answer.text
    with stores.started(here.app).recorder.store.reading() as connection:
        row = connection.execute(select(feedback)).one()
    kept = (row.client, row.service, row.card_uuid, row.outcome, row.reason_code, row.comment)
    assert kept == (
        CLIENT,
        SERVICE,
        here.card,
        "overridden",
        "recipient-disagrees-evidence",
        "asked twice",
    )
    assert (row.orphan, row.mismatch) == (False, False)


@pytest.mark.parametrize("forged", ["", "x", "WyJob3NwaXRhbCJd.aaaa.bbbb"])
def test_a_form_that_was_not_made_here_is_refused(here: Site, forged: str) -> None:
    form = {"token": forged, "reason": "recipient-disagrees-evidence"}
    answer = requests.post(f"{here.url}/card-feedback", data=form, timeout=60)
    assert (answer.status_code, "was not made by this server" in answer.text) == (400, True)


def test_outside_the_demo_a_detail_has_no_address_of_its_own(here: Site) -> None:
    assert requests.get(f"{here.url}/detail/{here.card}", timeout=60).status_code == 404
