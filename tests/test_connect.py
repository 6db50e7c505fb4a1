"""What the guide says to register for an EHR can be registered, and does what it says."""

import re
import tomllib
from pathlib import Path

import pytest
from msgspec.structs import replace

from cds_hooks.risk_detail.links import to_detail
from cds_hooks.settings.clients import Client, Smart
from cds_hooks.settings.file import from_tables
from cds_hooks.settings.settings import Settings

GUIDE = (Path(__file__).parents[1] / "docs" / "connect.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```toml\n(.*?)```", GUIDE, re.DOTALL)


def registered(name: str) -> Settings:
    (block,) = (each for each in BLOCKS if f"[clients.{name}]" in each)
    return from_tables(tomllib.loads(block))


@pytest.mark.parametrize(("name", "dialect"), [("epic-prod", "epic"), ("oracle-prod", "cerner")])
def test_a_client_of_the_guide_can_be_registered(name: str, dialect: str) -> None:
    client = registered(name).clients[name]
    assert client.dialect == dialect
    assert client.fhir_servers
    assert client.max_lifetime == 900
    assert "RS384" in client.algorithms


def test_a_service_is_silenced_for_one_client() -> None:
    (block,) = (each for each in BLOCKS if "[clients.NAME.services" in each)
    told = tomllib.loads(block)["clients"]["NAME"]
    client = {"issuer": "https://ehr.example", "jwks_file": "keys.json"} | told
    settings = from_tables({"clients": {"north": client}})
    assert settings.clients["north"].services["lab-safety"].mode == "silent"


def test_oracles_customers_are_told_apart_and_given_no_link() -> None:
    settings = replace(registered("oracle-prod"), public_url="https://cds.example")
    client: Client = settings.clients["oracle-prod"]
    assert client.tenants
    with_app = replace(client, smart=Smart(client_id="app"))
    assert to_detail(replace(settings, clients={"oracle-prod": with_app}), "oracle-prod") is None
