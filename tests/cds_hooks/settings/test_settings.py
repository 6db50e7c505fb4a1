import pytest

from cds_hooks.settings.clients import Client, Smart
from cds_hooks.settings.services import ServiceSettings
from cds_hooks.settings.settings import DEMO_CLIENT, Settings, demo_settings

EHR = Client(issuer="https://ehr.example", jwks_file="keys.json")


def test_a_service_of_which_the_site_says_nothing_has_the_defaults() -> None:
    silent = ServiceSettings(mode="silent")
    settings = Settings(services={"lab-safety": silent})
    assert settings.of("lab-safety") == silent
    assert settings.of("early-warning") == ServiceSettings()


@pytest.mark.parametrize("name", [DEMO_CLIENT, "", "North", "a b", "-a", "a" * 65])
def test_a_name_that_logs_and_tables_could_not_hold_is_no_clients(name: str) -> None:
    with pytest.raises(ValueError, match="cannot be the name of a client"):
        Settings(clients={name: EHR})
    assert Settings(clients={"north-1.test_a": EHR}).clients


def test_a_smart_app_needs_an_address_to_come_back_to() -> None:
    app = Client(issuer="x", jwks_file="x", smart=Smart(client_id="app"))
    with pytest.raises(ValueError, match="public_url"):
        Settings(clients={"ehr": app})
    assert Settings(clients={"ehr": app}, public_url="https://cds.example.org").clients


def test_only_the_demo_authenticates_no_one() -> None:
    assert demo_settings().demo
    assert not Settings().demo
