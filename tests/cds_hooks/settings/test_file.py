import tomllib
from pathlib import Path

import pytest

from cds_hooks.settings.file import from_tables, load
from cds_hooks.settings.validation import ConfigError


def refused(text: str) -> list[str]:
    with pytest.raises(ConfigError) as error:
        from_tables(tomllib.loads(text))
    return str(error.value).splitlines()


CLIENT = '[clients.ehr]\nissuer = "x"\njwks_file = "x"\n'


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("max_bod = 3", "max_bod: there is no such key; max_body may be meant"),
        ('public_url = "cds.example"', "public_url: 'cds.example' is not an address by https"),
        ('[clients.ehr]\njwks_file = "x"', "clients.ehr.issuer: it is needed"),
        ('[clients.ehr]\nissuer = "x"', "clients.ehr: its keys are nowhere"),
        (f'{CLIENT}algorithms = ["HS256"]', "clients.ehr.algorithms[0]: 'HS256' is not one of"),
        (f'{CLIENT}algorithms = ["none"]', "clients.ehr.algorithms[0]: 'none' is not one of"),
        (f"{CLIENT}algorithms = []", "clients.ehr.algorithms: expected a list of length >= 1"),
        (f'{CLIENT}replay = "often"', "clients.ehr.replay: 'often' is not one of strict"),
        (f"{CLIENT}leeway = 3600", "clients.ehr.leeway: expected a whole number <= 600"),
        (f'{CLIENT}fhir_servers = [{{base = "http://x"}}]', "clients.ehr.fhir_servers[0]: base"),
        (f'{CLIENT}cors_origins = ["*"]', "clients.ehr: cors_origins: '*' is not scheme"),
        (f'{CLIENT}services.x.mode = "on"', "clients.ehr.services.x.mode: 'on' is not one of"),
        (f'{CLIENT}site_map.zone = "x"', "clients.ehr.site_map: zone: 'x' is not a time zone"),
        (f"{CLIENT}site_map = 1", "clients.ehr.site_map: not a table"),
        (CLIENT.replace("ehr", "demo"), "clients.demo: that cannot be the name of a client"),
        (CLIENT.replace("ehr", '"E H R"'), "clients.E H R: that cannot be the name of a client"),
        ("clients = 1", "clients: expected a table, got a whole number"),
        ("[clients]\nehr = 1", "clients.ehr: expected a table, got a whole number"),
        ('site_map.zone = "x"', "site_map: zone: 'x' is not a time zone"),
    ],
)
def test_a_mistake_is_told_with_its_key(text: str, told: str) -> None:
    (line,) = refused(text)
    assert line.startswith(told)


def test_every_mistake_is_told_at_once() -> None:
    lines = refused(f'max_bod = 1\nsite_map.zone = "x"\n{CLIENT}replay = "often"\nleeway = -1')
    assert len(lines) == 4


def test_each_line_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "cds.toml"
    path.write_text("a = 1\nb = 2")
    with pytest.raises(ConfigError) as error:
        load(path)
    assert [line.partition(": ")[0] for line in str(error.value).splitlines()] == ["cds.toml"] * 2


@pytest.mark.parametrize("content", [b"= 1", b"\xff"])
def test_what_is_no_toml_is_told(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "cds.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"^cds\.toml: "):
        load(path)
