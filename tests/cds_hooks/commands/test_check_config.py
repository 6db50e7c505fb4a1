from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from cds_hooks.commands.check_config import problems, servable
from cds_hooks.settings.clients import Client, FhirServer, Smart
from cds_hooks.settings.fetch import FetchSettings
from cds_hooks.settings.models import ModelSettings
from cds_hooks.settings.server import LimitSettings
from cds_hooks.settings.services import ServiceSettings
from cds_hooks.settings.settings import Settings
from cds_hooks.settings.store import StoreSettings
from cds_hooks.settings.validation import ConfigError
from tests.callers import BASE, jwk, jwks, private_key
from tests.cds_hooks.auth.test_tokens import SANDBOXS_KEY

KEY = jwk(private_key("P-384"), "k")
POSTGRES = "postgresql://cds@db.example/cds"
BROKEN = FhirServer(base=BASE, ca_file="nowhere.pem")
SMART_SECRET = "clients.ehr0.smart.secret_file"
PUBLIC = Client(issuer="https://ehr.example", jkus=("https://ehr.example/jwks",))


def site(*clients: Client, **changes: Any) -> Settings:
    named = {f"ehr{number}": client for number, client in enumerate(clients)}
    return Settings(**({"public_url": BASE, "clients": named} | changes))


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "jwks.json"
    path.write_bytes(jwks(KEY))
    return path


def test_a_site_with_a_client_and_an_address_can_be_served(key_file: Path) -> None:
    assert list(problems(site(PUBLIC, Client(issuer="x", jwks_file=str(key_file))))) == []


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        (site(), "clients"),
        (site(PUBLIC, public_url=""), "public_url"),
        (site(PUBLIC, demo=True), "demo"),
        (site(PUBLIC, services={"lab-saftey": ServiceSettings()}), "services.lab-saftey"),
        (
            site(replace(PUBLIC, services={"x": ServiceSettings()})),
            "clients.ehr0.services.x",
        ),
        (site(replace(PUBLIC, issuer="https://sandbox.cds-hooks.org")), "clients.ehr0.issuer"),
        (site(replace(PUBLIC, issuer="https://sandbox.cds-hooks.org/")), "clients.ehr0.issuer"),
        (
            site(replace(PUBLIC, jkus=("https://sandbox.cds-hooks.org/.well-known/jwks.json",))),
            "clients.ehr0.jkus",
        ),
        (site(replace(PUBLIC, jwks_file="nowhere.json")), "clients.ehr0.jwks_file"),
        (
            site(replace(PUBLIC, fhir_servers=(FhirServer(base=BASE, ca_file="nowhere.pem"),))),
            "clients.ehr0.fhir_servers[0].ca_file",
        ),
        (site(PUBLIC, PUBLIC), "clients.ehr1"),
        (
            site(PUBLIC, services={"lab-safety": ServiceSettings(thresholds={"potasium-high": 6})}),
            "services.lab-safety.thresholds.potasium-high",
        ),
        (
            site(PUBLIC, services={"medication-safety": ServiceSettings(rules={"hit": False})}),
            "services.medication-safety.rules.hit",
        ),
        (
            site(PUBLIC, services={"lab-safety": ServiceSettings(prefetch={"vitalls": "x"})}),
            "services.lab-safety.prefetch.vitalls",
        ),
        (site(PUBLIC, fetch=FetchSettings(keys={"vitalls": "omit"})), "fetch.keys.vitalls"),
        (site(PUBLIC, models=ModelSettings(folder="nowhere")), "models.folder"),
        (site(PUBLIC, store=StoreSettings(url="mysql://SECRET@x/y")), "store.url"),
        (site(PUBLIC, store=StoreSettings(url="sqlite:///nowhere/x.db")), "store.url"),
        (site(PUBLIC, store=StoreSettings(spool_file="nowhere/x")), "store.spool_file"),
        (
            site(PUBLIC, store=StoreSettings(url=POSTGRES, secret_file="nowhere")),
            "store.secret_file",
        ),
        (site(PUBLIC, limits=LimitSettings(storage="redis://x:SECRET")), "limits.storage"),
        (site(replace(PUBLIC, smart=Smart(client_id="x", secret_file="nowhere"))), SMART_SECRET),
        (
            site(replace(PUBLIC, smart=Smart(client_id="x", key_file="nowhere", key_id="k"))),
            "clients.ehr0.smart.key_file",
        ),
        (
            site(replace(PUBLIC, smart=Smart(client_id="x", authorization_servers=(BROKEN,)))),
            "clients.ehr0.smart.authorization_servers[0].ca_file",
        ),
    ],
)
def test_what_keeps_it_from_being_served_is_told_with_its_key(settings: Settings, key: str) -> None:
    (line,) = problems(settings)
    assert line.startswith(f"{key}: ")
    assert "SECRET" not in line


def test_what_a_site_may_name_is_no_mistake() -> None:
    own = ServiceSettings(
        thresholds={"potassium-high": 6.0, "deadline-seconds": 0.3},
        prefetch={"acute-labs": "Observation?patient={{context.patientId}}"},
    )
    postgres = StoreSettings(url=POSTGRES, secret_env="NOT_SET_WHERE_THIS_IS_CHECKED")
    fetch = FetchSettings(keys={"acute-labs": "omit"})
    named = site(PUBLIC, services={"lab-safety": own}, fetch=fetch, store=postgres)
    assert list(problems(named)) == []


@pytest.mark.parametrize(
    ("keys", "why"),
    [
        (jwks(SANDBOXS_KEY, KEY), "keys[0]: its private half is published by the public sandbox"),
        (jwks(KEY, KEY | {"d": "AAAA"}), "keys[1]: it is not a public key"),
        (jwks(jwk(private_key("Ed25519"), "k")), "no key in it is for one of ES384, RS384"),
        (jwks(), "no key in it is for one of ES384, RS384"),
        (b"<html>", "not a JSON Web Key Set: not JSON"),
    ],
    ids=["published", "private", "of another algorithm", "none", "no set"],
)
def test_a_file_of_keys_that_cannot_be_trusted_is_told(
    key_file: Path, keys: bytes, why: str
) -> None:
    key_file.write_bytes(keys)
    (line,) = problems(site(Client(issuer="x", jwks_file=str(key_file))))
    assert line.endswith(why)


def test_a_key_for_encryption_beside_the_others_is_none_of_our_business(key_file: Path) -> None:
    key_file.write_bytes(jwks(KEY, KEY | {"use": "enc"}))
    assert list(problems(site(Client(issuer="x", jwks_file=str(key_file))))) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"tenants": ("a",)}, {"tenants": ("b",)}),
        ({"sub": "a"}, {"sub": "b"}),
        ({"jkus": ("https://a.example",)}, {"jkus": ("https://b.example",)}),
    ],
)
def test_clients_of_one_issuer_must_be_told_apart(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    first, second = replace(PUBLIC, **one), replace(PUBLIC, **other)
    assert list(problems(site(first, second))) == []
    assert len(list(problems(site(first, first)))) == 1


def test_a_file_that_is_no_certificate_is_told(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")
    server = FhirServer(base=BASE, ca_file=str(tmp_path / "ca.pem"))
    (line,) = problems(site(replace(PUBLIC, fhir_servers=(server,))))
    assert line.startswith("clients.ehr0.fhir_servers[0]: ca_file, client_cert or client_key")
    assert line.endswith("not in PEM, or not of each other")


def test_what_cannot_be_served_is_refused_with_a_line_for_each_reason(tmp_path: Path) -> None:
    path = tmp_path / "cds.toml"
    path.write_text("[services.lab-saftey]")
    with pytest.raises(ConfigError) as refused:
        servable(path)
    lines = str(refused.value).splitlines()
    assert [line.split(": ")[1] for line in lines] == [
        "clients",
        "public_url",
        "services.lab-saftey",
    ]
