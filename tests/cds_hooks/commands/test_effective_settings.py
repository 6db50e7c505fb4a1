from pathlib import Path

import pytest

from cds_hooks.commands.effective_settings import toml_lines
from cds_hooks.settings.clients import Client, FhirServer
from cds_hooks.settings.file import load
from cds_hooks.settings.server import LimitSettings
from cds_hooks.settings.settings import Settings
from cds_hooks.settings.store import StoreSettings
from tests.callers import BASE


def test_the_settings_are_told_without_a_password(tmp_path: Path) -> None:
    url = "postgresql://cds:SECRET@db.example/cds"
    path = tmp_path / "cds.toml"
    path.write_text(f'store.url = "{url}"\npublic_url = "{BASE}"')
    lines = "\n".join(toml_lines(load(path)))
    assert "SECRET" not in lines
    assert 'store.url = "postgresql://cds:***@db.example/cds"' in lines
    assert f'public_url = "{BASE}"' in lines


@pytest.mark.parametrize(
    "url",
    [
        "redis://:SECRET@h:1/0",
        "redis://h/0?password=SECRET&protocol=3",
        "postgresql://a@h/b?password=SECRET",
        "redis+sentinel://:SECRET@h:1,g:2/x",
        "SECRET",
    ],
)
def test_a_password_is_not_told_wherever_in_a_url_it_is(url: str) -> None:
    settings = Settings(store=StoreSettings(url=url), limits=LimitSettings(storage=url))
    assert "SECRET" not in "\n".join(toml_lines(settings))


def test_every_setting_is_told_once() -> None:
    server = FhirServer(base=BASE)
    client = Client(issuer="x", jwks_file="keys.json", fhir_servers=(server,))
    keys = [line.partition(" = ")[0] for line in toml_lines(Settings(clients={"ehr0": client}))]
    assert len(keys) == len(set(keys))
    for name in StoreSettings.__struct_fields__:
        assert f"store.{name}" in keys
    assert "clients.ehr0.fhir_servers[0].base" in keys
