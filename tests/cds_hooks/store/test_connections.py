import sys
from pathlib import Path

import pytest
from msgspec.structs import replace

from cds_hooks.settings.store import StoreSettings
from cds_hooks.settings.validation import ConfigError
from cds_hooks.store.connections import keys, make_file, opened, require_file

LONG = "a secret that is long enough"


def at(folder: Path) -> StoreSettings:
    url = f"sqlite:///{folder / 'cds-hooks.db'}"
    return StoreSettings(url=url, secret_file=str(folder / "cds-hooks.secret"))


def test_a_first_secret_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    settings = at(tmp_path)
    made = keys(settings, {}, make=True)
    path = Path(settings.secret_file)
    assert path.stat().st_mode & 0o777 == 0o600
    assert keys(settings, {}, make=True).secrets == made.secrets
    assert keys(settings, {}, make=False).secrets == (path.read_bytes().strip(),)
    assert len(made.secrets[0]) == 64


def test_secrets_come_from_the_named_variable_before_the_file(tmp_path: Path) -> None:
    settings = replace(at(tmp_path), secret_env="SITE_SECRET")
    found = keys(settings, {"SITE_SECRET": f"{LONG} now\n{LONG} before"}, make=True)
    assert found.secrets == (f"{LONG} now".encode(), f"{LONG} before".encode())
    assert not Path(settings.secret_file).exists()


def test_ids_are_plain_only_where_the_site_says_so(tmp_path: Path) -> None:
    assert not keys(at(tmp_path), {}, make=True).plain
    assert keys(replace(at(tmp_path), ids="plain"), {}, make=True).plain


@pytest.mark.parametrize(
    ("variable", "key"), [("", "store.secret_file"), ("SITE_SECRET", "store.secret_env")]
)
def test_without_a_secret_the_setting_is_named(tmp_path: Path, variable: str, key: str) -> None:
    settings = replace(at(tmp_path), secret_env=variable)
    with pytest.raises(ConfigError, match=key):
        keys(settings, {}, make=False)


@pytest.mark.parametrize("content", [b"", b"SHORT\n", b"\xff" * 40])
def test_a_secret_that_is_none_is_refused_and_not_repeated(tmp_path: Path, content: bytes) -> None:
    settings = at(tmp_path)
    Path(settings.secret_file).write_bytes(content)
    with pytest.raises(ConfigError, match="secret_file") as refused:
        keys(settings, {}, make=True)
    assert "SHORT" not in str(refused.value)


def test_an_unusable_address_is_told_by_its_key() -> None:
    with pytest.raises(ConfigError, match=r"store\.url"):
        opened(StoreSettings(url="nonsense"))


def test_the_file_of_a_database_is_made_for_its_owner_alone_and_never_emptied(
    tmp_path: Path,
) -> None:
    store = opened(at(tmp_path))
    with pytest.raises(ConfigError, match=r"there is no cds-hooks\.db"):
        require_file(store)
    make_file(store)
    path = tmp_path / "cds-hooks.db"
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_bytes(b"kept")
    make_file(store)
    require_file(store)
    assert path.read_bytes() == b"kept"


def test_a_folder_that_is_not_there_is_told_by_the_key(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"store\.url: cds-hooks\.db: No such file"):
        make_file(opened(at(tmp_path / "nowhere")))


def test_a_variable_that_is_not_set_is_told_as_such(tmp_path: Path) -> None:
    settings = replace(at(tmp_path), secret_env="SITE_SECRET")
    with pytest.raises(ConfigError, match=r"^store\.secret_env: .* SITE_SECRET is not set here$"):
        keys(settings, {}, make=True)


def test_postgresql_without_its_driver_is_told_before_it_is_needed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    there = StoreSettings(url="postgresql://cds@db.example/cds")
    assert not opened(there).embedded
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(ConfigError, match=r"store\.url: .*\[postgres\]"):
        opened(there)
