"""The doctor tells what works between a client and this server, and of the rest what to do."""

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cds_hooks.commands.cli import main
from cds_hooks.commands.doctor import Tried, examined
from cds_hooks.settings.clients import Client, FhirServer
from cds_hooks.settings.settings import Settings
from tests.authority import Authority
from tests.callers import ISSUER, jwk, jwks, private_key
from tests.cds_hooks.fhir_client.test_http import tls
from tests.fhir_server import Chart, Exchange, Fault, html, serving, status

KEYS = jwks(jwk(private_key(), "one"), jwk(private_key("P-384"), "two", alg="ES384"))


def answering(body: bytes, **headers: str) -> Fault:
    return lambda exchange: exchange.answer(200, body, **headers)


def capable(version: str = "4.0.1") -> bytes:
    return f'{{"resourceType":"CapabilityStatement","fhirVersion":"{version}"}}'.encode()


def ehr(path: str) -> Fault:
    """An EHR that has all that is asked for."""
    return answering(KEYS if path.endswith("/keys") else capable())


def settings(chart: Chart, **changes: Any) -> Settings:
    server = FhirServer(base=chart.base, private=True, plain_http=True)
    told: dict[str, Any] = {
        "issuer": ISSUER,
        "jkus": (f"{chart.base}/keys",),
        "audiences": ("typed-in-by-hand",),
        "fhir_servers": (server,),
    }
    client = Client(**(told | changes))
    return Settings(public_url="https://cds.example.org/", clients={"epic": client})


def told(settings: Settings) -> list[Tried]:
    return list(examined(settings, "epic"))


def about(tried: list[Tried], what: str) -> Tried:
    (found,) = (each for each in tried if each.what == what)
    return found


def test_where_all_is_well_each_thing_is_told_and_nothing_is_to_do() -> None:
    with serving([], ehr, by_path=True) as chart:
        tried = told(settings(chart))
        assert [each for each in tried if each.remedy] == []
        assert about(tried, f"{chart.base}/keys").found == "2 keys: one (OKP Ed25519), two (ES384)"
        assert about(tried, f"{chart.base}/metadata").found.startswith("FHIR 4.0.1")
        assert about(tried, f"clock of {chart.base}/metadata").found.endswith("ours")
    audiences = [each.found for each in tried if each.what == "aud that a token may have"]
    assert "https://cds.example.org/cds-services" in audiences
    assert "typed-in-by-hand" in audiences
    assert any("{{context.patientId}}" in each.found for each in tried)


@pytest.mark.parametrize(
    ("fault", "found", "remedy"),
    [
        (status(404), "status 404", "look at the address"),
        (html, "not json", "a page for people"),
        (answering(b"{}"), "no JSON Web Key Set", "look at the address"),
    ],
)
def test_keys_that_cannot_be_had_are_told_with_what_to_do(
    fault: Fault, found: str, remedy: str
) -> None:
    with serving([], fault) as chart:
        tried = about(told(settings(chart)), f"{chart.base}/keys")
    assert found in tried.found
    assert remedy in tried.remedy
    assert str(tried).startswith("FAIL")


def test_keys_of_no_algorithm_that_is_taken_are_told() -> None:
    with serving([], ehr, by_path=True) as chart:
        tried = about(told(settings(chart, algorithms=("RS384",))), f"{chart.base}/keys")
    assert "none is for RS384" in tried.remedy


def test_keys_in_a_file_are_told(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    file.write_bytes(KEYS)
    with serving([], ehr, by_path=True) as chart:
        tried = told(settings(chart, jkus=(), jwks_file=str(file)))
    assert about(tried, str(file)).found.startswith("2 keys")


@pytest.mark.parametrize(
    ("body", "found", "well"),
    [
        (capable("3.0.2"), "as far as it is like R4", True),
        (capable("9.0.0"), "not read", False),
        (b'{"resourceType":"Patient"}', "no CapabilityStatement", False),
    ],
)
def test_what_the_fhir_server_speaks_is_told(body: bytes, found: str, well: bool) -> None:
    with serving([], answering(body)) as chart:
        tried = about(told(settings(chart)), f"{chart.base}/metadata")
    assert found in tried.found
    assert bool(tried.remedy) is not well


def test_a_clock_that_is_off_by_more_than_the_leeway_is_told() -> None:
    def late(exchange: Exchange) -> None:
        exchange.date_time_string = lambda timestamp=None: "Sun, 22 Nov 2020 12:00:00 GMT"  # type: ignore[method-assign]
        exchange.answer(200, capable())

    with serving([], late) as chart:
        tried = about(told(settings(chart)), f"clock of {chart.base}/metadata")
    assert tried.found.endswith("s behind ours")
    assert "NTP" in tried.remedy


def test_a_server_that_is_not_there_and_a_private_one_are_told() -> None:
    with serving([]) as chart:
        gone = settings(chart)
    assert about(told(gone), f"{chart.base}/metadata").found == "unreachable"
    with serving([], ehr, by_path=True) as chart:
        server = FhirServer(base=chart.base, plain_http=True)
        tried = about(told(settings(chart, fhir_servers=(server,))), f"{chart.base}/metadata")
    assert "private = true" in tried.remedy


def test_tls_is_told_by_itself(tmp_path: Path) -> None:
    authority, stranger = Authority(tmp_path, "authority"), Authority(tmp_path, "stranger")
    keys = tmp_path / "keys.json"
    keys.write_bytes(KEYS)
    with serving([], ehr, by_path=True, tls=tls(authority, "localhost")) as chart:
        what = f"TLS of localhost:{chart.base.rpartition(':')[2].partition('/')[0]}"
        for file, found, remedy in (
            (authority.file, "trusted until", "renewed"),  # it is of one day
            (stranger.file, "unable to get local issuer", "ca_file"),
        ):
            server = FhirServer(base=chart.base, private=True, ca_file=str(file))
            site = settings(chart, fhir_servers=(server,), jkus=(), jwks_file=str(keys))
            everything = told(site)
            tried = about(everything, what)
            assert found in tried.found
            assert remedy in tried.remedy
            # What is behind a handshake that fails could only fail for the same reason.
            behind = [each for each in everything if each.what.endswith("/metadata")]
            assert bool(behind) is (file is authority.file)


def test_the_command_prints_each_and_fails_if_one_did(tmp_path: Path) -> None:
    with serving([], ehr, by_path=True) as chart:
        (tmp_path / "keys.json").write_bytes(KEYS)
        config = tmp_path / "cds.toml"
        config.write_text(
            f'public_url = "https://cds.example.org"\n[clients.epic]\nissuer = "{ISSUER}"\n'
            f'jwks_file = "{tmp_path / "keys.json"}"\n[[clients.epic.fhir_servers]]\n'
            f'base = "{chart.base}"\nprivate = true\nplain_http = true\n'
        )
        run = CliRunner()
        well = run.invoke(main, ["doctor", "--config", str(config), "--client", "epic"])
        assert well.exit_code == 0, well.output
        assert "FHIR 4.0.1" in well.output
        unknown = run.invoke(main, ["doctor", "--config", str(config), "--client", "meditech"])
        assert "there are epic" in unknown.output
    ill = run.invoke(main, ["doctor", "--config", str(config), "--client", "epic"])
    assert ill.exit_code == 1
    assert "1 of these went wrong" in ill.output
