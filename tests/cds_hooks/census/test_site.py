from pathlib import Path

import pytest

from cds_hooks.census.site import read_surveillance
from cds_hooks.settings.validation import ConfigError

SERVER = '[server]\nbase = "https://ehr.example/fhir"\n'
ON = 'time_critical_surveillance = true\ntoken_file = "token"\n'


def read(text: str, folder: Path) -> object:
    file = folder / "census.toml"
    file.write_text(text, encoding="utf-8")
    return read_surveillance(file)


def test_surveillance_is_off_until_the_site_says_that_it_is_a_medical_device(
    tmp_path: Path,
) -> None:
    with pytest.raises(ConfigError, match="medical device"):
        read(f'token_file = "token"\n{SERVER}', tmp_path)
    assert read(f"{ON}{SERVER}", tmp_path)


def test_nothing_is_written_back_unless_the_site_chooses_it(tmp_path: Path) -> None:
    read(f"{ON}{SERVER}", tmp_path)
    site = read_surveillance(tmp_path / "census.toml")
    assert (site.write, site.flags) == ((), {})


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"{ON}write = ['Flag']\n{SERVER}", "flags"),
        (f"{ON}write = ['Observation']\n{SERVER}", "write"),
        (f"{ON}requests_a_second = 0\n{SERVER}", "requests_a_second"),
        (f"{ON}flags = {{ 'unheard-of' = 0.1 }}\n{SERVER}", "unheard-of"),
        (f"time_critical_surveillance = true\n{SERVER}", "token_file"),
        (ON, "server"),
        ("=", "census.toml"),
    ],
)
def test_a_mistake_is_refused_with_its_key(text: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=told):
        read(text, tmp_path)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        read_surveillance(tmp_path / "census.toml")
