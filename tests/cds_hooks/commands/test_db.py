from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result

from cds_hooks.commands.cli import main
from cds_hooks.commands.db import db
from cds_hooks.settings.settings import DEMO_CLIENT
from cds_hooks.settings.store import StoreSettings
from cds_hooks.store.startup import prepared
from cds_hooks.store.upgrade import revisions
from tests.cds_hooks.store.calls import answer, call

ANOTHER = """
public_url = "https://cds.example"

[clients.another]
issuer = "https://ehr.example"
jwks_file = "jwks.json"
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["db", *arguments])


def remember() -> None:
    made = prepared(StoreSettings(patience_ms=10_000))
    made.record(answer(), call())
    made.store.close()


def lines(text: str) -> list[dict[str, Any]]:
    return [msgspec.json.decode(line) for line in text.splitlines()]


def test_upgrade_makes_the_tables_and_may_be_repeated(folder: Path) -> None:
    for _ in range(2):
        result = run("upgrade")
        assert result.exit_code == 0
        assert result.output == f"The tables are at revision {revisions()[-1]}.\n"
    assert (folder / "cds-hooks.db").stat().st_mode & 0o777 == 0o600


def test_a_backup_is_whole_private_and_restored_elsewhere(folder: Path) -> None:
    remember()
    result = run("backup", "kept.ndjson")
    assert result.exit_code == 0
    assert result.output.endswith(" rows are in kept.ndjson.\n")
    assert [path.name for path in folder.glob("*kept*")] == ["kept.ndjson"]
    assert Path("kept.ndjson").stat().st_mode & 0o777 == 0o600
    Path("cds-hooks.db").rename("before.db")
    assert run("restore", "kept.ndjson").exit_code == 0
    again = run("restore", "kept.ndjson")
    assert again.exit_code == 1
    assert "kept.ndjson: the database to restore into holds rows already" in again.output
    assert run("export").output.count("\n") == 2


def test_a_backup_that_fails_leaves_the_one_before(folder: Path) -> None:
    remember()
    run("backup", "kept.ndjson")
    before = Path("kept.ndjson").read_bytes()
    Path("cds-hooks.db").write_bytes(b"no database" * 1000)
    failed = run("backup", "kept.ndjson", "--force")
    assert failed.exit_code == 1
    assert "the database cannot be used" in failed.output
    assert Path("kept.ndjson").read_bytes() == before
    assert not list(folder.glob(".*"))


def test_a_backup_replaces_a_file_only_by_force() -> None:
    remember()
    Path("kept.ndjson").write_text("precious")
    refused = run("backup", "kept.ndjson")
    assert refused.exit_code == 1
    assert refused.output == "Error: kept.ndjson is there already: --force replaces it\n"
    assert Path("kept.ndjson").read_text() == "precious"
    assert run("backup", "kept.ndjson", "--force").exit_code == 0
    assert Path("kept.ndjson").read_text() != "precious"


def test_a_backup_that_cannot_be_written_is_told(folder: Path) -> None:
    remember()
    failed = run("backup", "nowhere/kept.ndjson")
    assert failed.exit_code == 1
    assert failed.output == "Error: kept.ndjson: No such file or directory\n"


def test_purge_deletes_what_is_older_than_the_site_keeps_it(folder: Path) -> None:
    remember()
    Path("cds.toml").write_text("[store]\nretention_days = 36500\n")
    assert run("purge", "--config", "cds.toml").output == "0 rows deleted.\n"
    assert "1 cards" in run("purge", "--days", "0").output
    assert run("export").output == ""


def test_export_of_one_patient_finds_what_was_keyed_before_the_secret_changed() -> None:
    remember()
    secret = Path("cds-hooks.secret")
    secret.write_text(f"a new secret that is long enough\n{secret.read_text()}")
    for id in ("p1", "Patient/p1"):
        found = lines(run("export", "--patient", id).output)
        assert {"cards", "calls"} <= {line["table"] for line in found}
    assert run("export", "--patient", "p2").output == ""
    Path("cds.toml").write_text(ANOTHER)
    own = ("--client", "another", "--config", "cds.toml")
    assert run("export", "--patient", "p1", *own).output == ""


@pytest.mark.parametrize("form", ["rows", "audit-event"])
def test_export_of_a_client_is_of_its_rows_alone(form: str) -> None:
    remember()
    Path("cds.toml").write_text(ANOTHER)
    every, own, others = (
        run("export", "--format", form, "--config", "cds.toml", *more)
        for more in ((), ("--client", DEMO_CLIENT), ("--client", "another"))
    )
    assert every.output == own.output != ""
    assert (others.exit_code, others.output) == (0, "")


@pytest.mark.parametrize("more", [(), ("--patient", "p1"), ("--format", "audit-event")])
def test_export_of_an_unknown_client_is_an_error(more: tuple[str, ...]) -> None:
    remember()
    refused = run("export", "--client", "nope", *more)
    assert refused.exit_code == 1
    assert refused.output == "Error: there is no client nope, here or in the configuration\n"


def test_export_writes_a_file(folder: Path) -> None:
    remember()
    assert run("export", "--output", "rows.ndjson").exit_code == 0
    assert lines(Path("rows.ndjson").read_text())


@pytest.mark.parametrize("command", [("backup", "x"), ("purge",), ("export",)])
def test_where_there_is_no_database_none_is_made(folder: Path, command: tuple[str, ...]) -> None:
    result = run(*command)
    assert result.exit_code == 1
    assert "there is no cds-hooks.db; cds-hooks db upgrade makes it" in result.output
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("command", [("backup", "x"), ("purge",), ("export",)])
def test_a_database_without_tables_is_told_how_to_get_them(command: tuple[str, ...]) -> None:
    Path("cds-hooks.db").touch()
    result = run(*command)
    assert result.exit_code == 1
    assert "cds-hooks db upgrade" in result.output


def test_a_mistake_in_the_configuration_is_told_by_its_key() -> None:
    Path("cds.toml").write_text('[store]\nurl = "mysql://u:SECRET@h/d"\n')
    result = run("upgrade", "--config", "cds.toml")
    assert result.exit_code == 1
    assert "store.url" in result.output
    assert "SECRET" not in result.output


def test_a_file_that_is_no_backup_is_told() -> None:
    Path("x").write_text("no backup")
    assert run("restore", "x").output.startswith("Error: x: it is not a backup")


def test_every_command_is_documented() -> None:
    text = (Path(__file__).parents[3] / "docs" / "operations.md").read_text(encoding="utf-8")
    assert set(db.commands) == {"backup", "export", "purge", "restore", "upgrade"}
    for command in db.commands:
        assert f"cds-hooks db {command}" in text or f"`{command}`" in text
