"""Cards link to their detail where it can be opened from there, and nowhere else."""

import pytest

from cds_hooks.risk_detail.links import to_detail
from cds_hooks.settings.clients import Client, Dialect, Smart
from cds_hooks.settings.settings import DEMO_CLIENT, Settings, demo_settings

BASE = "https://cds.example.org/"


def site(smart: Smart | None, dialect: Dialect = "standard") -> Settings:
    client = Client(
        issuer="https://ehr.example.org", jwks_file="keys", smart=smart, dialect=dialect
    )
    return Settings(public_url=BASE, clients={"north": client})


@pytest.mark.parametrize("dialect", ["standard", "epic"])
def test_an_ehr_is_given_a_launch_whose_context_is_the_card(dialect: Dialect) -> None:
    link = to_detail(site(Smart(client_id="app"), dialect), "north")
    assert link
    made = link("card-1")
    assert (made.type, made.url) == ("smart", "https://cds.example.org/smart/launch")
    assert made.app_context == "card-1"


def test_cerner_passes_no_context_on_so_it_is_given_no_link() -> None:
    assert to_detail(site(Smart(client_id="app"), "cerner"), "north") is None


def test_without_an_app_or_an_address_there_is_no_link() -> None:
    assert to_detail(site(None), "north") is None
    assert to_detail(demo_settings(), DEMO_CLIENT) is None
