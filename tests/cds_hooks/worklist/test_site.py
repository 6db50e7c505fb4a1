from pathlib import Path

import pytest

from cds_hooks.settings.validation import ConfigError
from cds_hooks.worklist.site import from_tables, one_team, read_site
from tests.cds_hooks.worklist.wards import SEPSIS, site


def refused(text: str, tmp_path: Path) -> str:
    file = tmp_path / "worklist.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as error:
        read_site(file)
    return str(error.value)


def test_a_site_that_states_only_its_capacity_has_the_tested_services_and_no_floor() -> None:
    chosen = one_team(5)
    assert list(chosen.services) == [SEPSIS]
    assert chosen.services[SEPSIS].hours == 10
    assert chosen.fairness.floor == 0
    assert chosen.maximum_interval == 0


def test_a_site_s_own_services_take_the_place_of_the_tested_ones() -> None:
    own = {"deterioration": {"horizon": 24, "earliest": 24, "latest": 1}}
    assert list(site(services=own).services) == ["deterioration"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[teams.a]\nan_hour = 1\n[fairness]\nfloor = 0.5\n", "needs the site's stated basis"),
        ("[teams.a]\nan_hour = 1\n[fairness]\nfloor = 0.5\nbasis = ' '\n", "stated basis"),
        ("maximum_interval = 2\n[teams.a]\nan_hour = 1\n", "less than minimum_interval"),
        (
            "[teams.a]\nan_hour = 1\n[services.x]\nhorizon = 6\nearliest = 3\nlatest = 12\n",
            "services.x",
        ),
        ("[teams.a]\nper_hour = 1\n", "teams.a.per_hour: there is no such key"),
        ("[teams.a]\nan_hour = -1\n", "teams.a.an_hour"),
        ("hours = 12\n", "teams: it is needed"),
        ("[teams]\n", "worklist.toml: teams"),
        ("nothing", "worklist.toml"),
    ],
)
def test_a_mistake_is_refused_with_its_key(text: str, told: str, tmp_path: Path) -> None:
    assert told in refused(text, tmp_path)


def test_a_floor_with_its_basis_is_taken() -> None:
    chosen = from_tables(
        {"teams": {"a": {"an_hour": 1}}, "fairness": {"floor": 0.8, "basis": "audit of 2026"}}
    )
    assert chosen.fairness.floor == 0.8


def test_a_file_that_is_no_text_or_is_not_there_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    for name, told in (("bytes.toml", "UTF-8"), ("absent.toml", "No such file")):
        with pytest.raises(ConfigError, match=told):
            read_site(tmp_path / name)
