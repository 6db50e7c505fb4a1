import tomllib
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from cds_hooks.engine.service import on_for_anyone
from cds_hooks.settings.file import from_tables, load
from cds_hooks.settings.per_client import for_client, views
from cds_hooks.settings.settings import Settings
from cds_hooks.settings.validation import ConfigError

SITE = """
public_url = "https://cds.example.org"
cors_origins = ["https://site.example"]

[site_map]
zone = "Europe/Oslo"
[site_map.units]
"mikromol/l" = "umol/L"

[services.lab-safety]
mode = "silent"
thresholds = { potassium-high = 6.0, sodium-low = 120.0 }
prefetch = { patient = "Patient/{{context.patientId}}" }
[services.early-warning]
quiet_hours = 3.0

[clients.north]
issuer = "https://ehr.north.example"
jwks_file = "north.json"
cors_origins = ["https://north.example"]
[clients.north.services.lab-safety]
thresholds = { potassium-high = 6.2 }
[clients.north.services.early-warning]
mode = "live"
[clients.north.site_map.units]
"gramm" = "g"

[clients.south]
issuer = "https://ehr.south.example"
jwks_file = "south.json"
[clients.south.site_map]
zone = "Europe/Rome"
"""


def site() -> Settings:
    return from_tables(tomllib.loads(SITE))


def test_a_clients_choices_are_on_top_of_the_sites() -> None:
    north = for_client(site(), "north")
    lab, warning = north.of("lab-safety"), north.of("early-warning")
    assert lab.mode == "silent"
    assert lab.thresholds == {"potassium-high": 6.2, "sodium-low": 120.0}
    assert lab.prefetch == {"patient": "Patient/{{context.patientId}}"}
    assert (warning.mode, warning.quiet_hours) == ("live", 3.0)
    assert north.cors_origins == ("https://site.example", "https://north.example")


def test_a_client_that_chooses_nothing_has_the_sites_choices() -> None:
    south = for_client(site(), "south")
    assert south.services == site().services
    assert south.cors_origins == site().cors_origins


def test_a_clients_site_map_is_on_top_of_the_sites() -> None:
    north, south = (for_client(site(), name).site_map for name in ("north", "south"))
    assert north.zone == ZoneInfo("Europe/Oslo")
    assert {"mikromol/l", "gramm"} <= set(north.units)
    assert south.zone == ZoneInfo("Europe/Rome")
    assert set(south.units) == set(site().site_map.units)


def test_what_one_client_has_on_is_ready_for_it() -> None:
    ids = {each.id for each in on_for_anyone(site())}
    assert "early-warning" in ids
    assert "early-warning" not in {each.id for each in on_for_anyone(Settings())}


def test_the_demo_and_the_commands_are_no_clients() -> None:
    (only,) = views(Settings())
    assert only == Settings()
    assert len(views(site())) == 2


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
