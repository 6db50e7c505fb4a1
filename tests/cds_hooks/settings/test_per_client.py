import tomllib
from zoneinfo import ZoneInfo

from cds_hooks.engine.service import on_for_anyone
from cds_hooks.settings.file import from_tables
from cds_hooks.settings.per_client import for_client, views
from cds_hooks.settings.settings import Settings

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
