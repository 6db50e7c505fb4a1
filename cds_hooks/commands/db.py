"""`cds-hooks db`: upgrade, back up, restore, purge and export what the server remembers."""

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click
import msgspec

# The database is imported where it is used: the other commands start without it.
from cds_hooks.commands.options import FILE, config, settings_of
from cds_hooks.settings.settings import DEMO_CLIENT
from cds_hooks.settings.store import StoreSettings
from cds_hooks.settings.validation import ConfigError

if TYPE_CHECKING:
    from cds_hooks.store.database import Store

SECONDS = 600.0
"""How long one statement may take where a person waits for it."""


@click.group()
def db() -> None:
    """Look after what the server remembers.

    Without --config it is cds-hooks.db in the working directory.
    """


@db.command()
@config
def upgrade(config: Path | None) -> None:
    """Make the tables, or bring those of an older version to this one's."""
    from cds_hooks.store.upgrade import revisions
    from cds_hooks.store.upgrade import upgrade as bring

    with at_hand(settings_of(config).store, make=True) as store:
        bring(store)
    click.echo(f"The tables are at revision {revisions()[-1]}.")


@db.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Replace FILE if it is there.")
@config
def backup(file: Path, force: bool, config: Path | None) -> None:
    """Write everything to FILE, while the server goes on.

    FILE is the same whichever the database is, and can be restored into either. The secrets that
    the ids are keyed with are not in it: keep them as well, elsewhere.
    """
    from cds_hooks.store.backup import UnusableBackup
    from cds_hooks.store.backup import backup as lines_of

    if file.exists() and not force:
        raise click.ClickException(f"{file.name} is there already: --force replaces it")
    try:
        with at_hand(settings_of(config).store) as store:
            count = _write(file, lines_of(store))
    except UnusableBackup as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{count - 2} rows are in {file.name}.")


@db.command()
@click.argument("file", type=FILE)
@config
def restore(file: Path, config: Path | None) -> None:
    """Fill an empty database from FILE, which `backup` wrote, and upgrade it."""
    from cds_hooks.store.backup import UnusableBackup
    from cds_hooks.store.backup import restore as fill

    try:
        with at_hand(settings_of(config).store, make=True) as store, file.open("rb") as lines:
            click.echo(_counted(fill(store, lines), "restored"))
    except UnusableBackup as error:
        raise click.ClickException(f"{file.name}: {error}") from None


@db.command()
@click.option("--days", type=click.IntRange(0), help="How many to keep; store.retention_days.")
@config
def purge(days: int | None, config: Path | None) -> None:
    """Delete what is older than the site keeps it."""
    from cds_hooks.store.retention import purge as forget
    from cds_hooks.store.upgrade import require_upgraded

    settings = settings_of(config).store
    kept = settings.retention_days if days is None else days
    with at_hand(settings) as store:
        require_upgraded(store)
        deleted = forget(store, days=kept)
    click.echo(_counted(deleted, "deleted"))


@db.command()
@click.option("--patient", help="Only what is kept on this patient: the id, as the EHR sends it.")
@click.option(
    "--client", help=f"Only this client's rows; of a patient, {DEMO_CLIENT}'s if not given."
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["rows", "audit-event"]),
    default="rows",
    show_default=True,
    help="The rows as they are, or calls and feedback as FHIR R4B AuditEvents.",
)
@click.option("--output", type=click.File("wb", atomic=True), default="-", help="A file.")
@config
def export(
    patient: str | None, client: str | None, form: str, output: IO[bytes], config: Path | None
) -> None:
    """Write what is remembered as JSON, a row or a resource a line."""
    from cds_hooks.store import connections
    from cds_hooks.store.upgrade import require_upgraded

    site, known = settings_of(config), tuple[str, ...]()
    lines = _rows if form == "rows" else _audit_events
    with at_hand(site.store) as store:
        require_upgraded(store)
        if patient is not None:
            client = client or DEMO_CLIENT
            keys = connections.keys(site.store, os.environ, make=False)
            known = keys.every("patient", patient.removeprefix("Patient/"), client=client)
        written = sum(output.write(line + b"\n") for line in lines(store, client, patient=known))
    # One that is no longer configured may have left rows.
    if not written and client not in (None, DEMO_CLIENT, *site.clients):
        raise click.ClickException(f"there is no client {client}, here or in the configuration")


def _rows(store: "Store", client: str | None, *, patient: tuple[str, ...]) -> Iterator[bytes]:
    from cds_hooks.store.export import exported, exported_of

    if client is None:
        return exported(store)
    if patient:
        return exported_of(store, client=client, patient=patient)
    return (line for line in exported(store) if _told_of(line) == client)


def _told_of(line: bytes) -> str:
    return str(msgspec.json.decode(line)["row"].get("client"))


def _audit_events(
    store: "Store", client: str | None, *, patient: tuple[str, ...]
) -> Iterator[bytes]:
    # The classes of every FHIR resource take a second to import.
    from cds_hooks.fhir_export.audit_events import audit_event
    from cds_hooks.protocol.json import encode
    from cds_hooks.store.audit_rows import audited

    rows = audited(store, client=client or "", patient=patient)
    return (encode(audit_event(row)) for row in rows if client in (None, row["client"]))


@contextmanager
def at_hand(settings: StoreSettings, *, make: bool = False) -> Iterator["Store"]:
    """The database, which is there, or is made; what fails is told as a person can use it."""
    from cds_hooks.store import connections
    from cds_hooks.store.database import Unavailable

    store = None
    try:
        store = connections.opened(settings, seconds=SECONDS)
        if store.embedded:
            connections.make_file(store) if make else connections.require_file(store)
        yield store
    except ConfigError as error:
        raise click.ClickException(str(error)) from None
    except Unavailable as error:
        raise click.ClickException(f"the database cannot be used: {error}") from None
    finally:
        if store is not None:
            store.close()


def _write(file: Path, lines: Iterable[bytes]) -> int:
    """Writes the lines to a file for its owner alone, whole or not at all; their number."""
    partial = file.with_name(f".{file.name}.partial")
    try:
        count = _write_private(partial, lines)
        partial.replace(file)
    except OSError as error:
        raise click.ClickException(f"{file.name}: {error.strerror}") from None
    finally:
        partial.unlink(missing_ok=True)
    return count


def _write_private(path: Path, lines: Iterable[bytes]) -> int:
    count = 0
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
        for count, line in enumerate(lines, start=1):  # noqa: B007 - the last one is the number
            opened.write(line + b"\n")
        opened.flush()
        os.fsync(opened.fileno())
    return count


def _counted(rows: Counter[str], done: str) -> str:
    listed = ", ".join(f"{count} {table}" for table, count in sorted(rows.items()))
    return f"{rows.total()} rows {done}{f': {listed}' if listed else ''}."
