"""`cds-hooks census watch`: hourly surveillance of patients in beds, off by default."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec
from msgspec.structs import replace

from cds_hooks.commands import terminal
from cds_hooks.commands.options import FILE, config, settings_of
from cds_hooks.settings.validation import ConfigError

if TYPE_CHECKING:
    from cds_hooks.census.hours import Watch
    from cds_hooks.census.site import Surveillance
    from cds_hooks.settings.settings import Settings

GATHERS = "patient-risks"
"""The service that gathers all that the site has live."""


@click.group()
def census() -> None:
    """Assess patients in beds without waiting for anyone to open their chart."""


@census.command()
@click.argument("site", type=FILE)
@click.option("--once", is_flag=True, help="Only the hour that it is.")
@click.option("--rows", type=click.Path(path_type=Path), help="A table for a worklist, each hour.")
@config
def watch(site: Path, once: bool, rows: Path | None, config: Path | None) -> None:
    """Assess everyone on the census every hour, as SITE, a census file, says.

    Time-critical surveillance is a medical device: it is off until the file turns it on. The
    services are those that cds.toml (--config) has live; each assessment is recorded as a call is.
    """
    from cds_hooks import logs
    from cds_hooks.census.hours import lines
    from cds_hooks.census.site import read_surveillance

    try:
        chosen = read_surveillance(site)
        logs.configure()
        watching = _watch(chosen, settings_of(config))
    except (ConfigError, ValueError) as error:
        raise click.ClickException(terminal.plain(str(error))) from None
    for hour in watching.hours():
        click.echo("\n".join(lines(hour)))
        if rows:
            _kept(hour.rows, rows)
        if once:
            return


def _watch(site: "Surveillance", settings: "Settings") -> "Watch":
    from time import monotonic, sleep

    from cds_hooks.census.assessing import Assessor
    from cds_hooks.census.hours import Watch, Ways
    from cds_hooks.census.pace import Pace
    from cds_hooks.census.reading import asking
    from cds_hooks.engine.discovery import offered
    from cds_hooks.engine.service import services
    from cds_hooks.fhir_client import http
    from cds_hooks.fhir_client.fetch import Fetcher
    from cds_hooks.model_registry.gate import open_gate
    from cds_hooks.store.startup import prepared

    pace = Pace(site.requests_a_second, clock=monotonic, sleep=sleep)
    # A chart may take as long as the budget of requests makes it wait; no one waits for a card.
    fetching = replace(settings.fetch, deadline_ms=site.chart_seconds * 1000)
    settings = replace(settings, fetch=fetching, demo=False)
    get = pace.of(http.get)
    assessor = Assessor(
        server=site.server,
        scope=site.scope,
        offered=offered(services()[GATHERS], settings),
        models=open_gate(settings).models,
        recorder=prepared(settings.store),
        fetcher=Fetcher(fetching, get=get),
    )
    ways = Ways(
        ask=asking(site.server, get, clock=monotonic),
        put=http.put,
        turn=pace.turn,
        now=lambda: datetime.now(UTC),
        clock=monotonic,
        sleep=sleep,
    )
    return Watch(site, assessor, ways)


def _kept(rows: list[dict[str, Any]], path: Path) -> None:
    """Writes the table whole, or leaves the one before; it holds patients, for the owner alone."""
    beside = path.with_name(f"{path.name}.new")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.writelines(msgspec.json.encode(each) + b"\n" for each in rows)
    beside.replace(path)
