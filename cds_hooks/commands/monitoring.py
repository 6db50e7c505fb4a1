"""`cds-hooks outcomes`, `drift` and `report`: is the advice still right here, and is it heeded?"""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import IO

import click

from cds_hooks.commands import terminal
from cds_hooks.commands.db import at_hand
from cds_hooks.commands.options import FILE, config, settings_of
from cds_hooks.settings.settings import DEMO_CLIENT

# numpy and the database are imported where they are used: the other commands start without them.

DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.group()
def outcomes() -> None:
    """What happened to patients, to hold predictions against."""


@outcomes.command("import")
@click.argument("file", type=FILE)
@click.option("--client", default=DEMO_CLIENT, show_default=True, help="Whose patients they are.")
@config
def import_outcomes(file: Path, client: str, config: Path | None) -> None:
    """Import a CSV with the columns patient, outcome, at and happened.

    `patient` is the id as the EHR sends it, and is kept as a pseudonym; `outcome` as the prediction
    names it; `at` by when it had happened (1) or had not (0). Imported again, a row takes the place
    of the earlier one.
    """
    import os

    from cds_hooks.monitoring.outcomes import UnusableOutcomes, import_into
    from cds_hooks.store import connections
    from cds_hooks.store.upgrade import require_upgraded

    settings = settings_of(config)
    keys = connections.keys(settings.store, os.environ, make=False)
    with at_hand(settings.store) as store:
        require_upgraded(store)
        try:
            with store.begin() as connection:
                made = import_into(
                    connection, file, client=client, keys=keys, now=datetime.now(UTC)
                )
        except UnusableOutcomes as error:
            raise click.ClickException(terminal.plain(str(error))) from None
    click.echo(f"{made.rows} outcomes of {made.patients} patients are kept.")


@click.command()
@click.option("--predictor", required=True, help="The model, as sepsis-risk.")
@click.option("--from", "since", required=True, type=DAY, help="The period's first day.")
@click.option("--to", "until", required=True, type=DAY, help="Its last day.")
@click.option("--reference-from", required=True, type=DAY)
@click.option("--reference-to", required=True, type=DAY)
@config
def drift(
    predictor: str,
    since: datetime,
    until: datetime,
    reference_from: datetime,
    reference_to: datetime,
    config: Path | None,
) -> None:
    """Compare what a model was given in a period with a reference period; exit code 1 on alarm."""
    from cds_hooks.monitoring.drift import LOOKS, drifts
    from cds_hooks.monitoring.given import given_values
    from cds_hooks.store.upgrade import require_upgraded

    with at_hand(settings_of(config).store) as store:
        require_upgraded(store)
        with store.reading() as connection:
            before, now = (
                given_values(connection, predictor=predictor, since=_from(first), until=_to(last))
                for first, last in ((reference_from, reference_to), (since, until))
            )
    tests = list(drifts(before, now))
    if not tests:
        raise click.ClickException(f"fewer than {LOOKS[0]} patients, or no kept inputs to compare")
    last = max(each.look for each in tests)
    for each in tests:
        if each.alarms or each.look == last:
            shown = "ALARM" if each.alarms else "     "
            click.echo(
                f"{shown} {each.input} {each.test} after {each.look}: shift {each.shift:+.2f}, "
                f"p {each.p:.2g} (limit {each.limit:.2g}), PSI {each.psi:.2f}"
            )
    if any(each.alarms for each in tests):
        raise SystemExit(1)


@click.command()
@click.option("--service", required=True)
@click.option("--from", "since", required=True, type=DAY, help="The first day.")
@click.option("--to", "until", required=True, type=DAY, help="The last day.")
@click.option("--html", "output", type=click.File("w", "utf-8", atomic=True), default="-")
@config
def report(
    service: str, since: datetime, until: datetime, output: IO[str], config: Path | None
) -> None:
    """Write the committee's file of a service: what it did in a period, or would have done."""
    from cds_hooks.engine.service import services
    from cds_hooks.monitoring.committee import committee, page
    from cds_hooks.store.upgrade import require_upgraded

    if service not in services():
        raise click.ClickException(terminal.plain(f"there is no service {service}"))
    with at_hand(settings_of(config).store) as store:
        require_upgraded(store)
        with store.reading() as connection:
            found = committee(connection, service=service, since=_from(since), until=_to(until))
    output.write(page(found))


def _from(day: datetime) -> datetime:
    return datetime.combine(day.date(), time(), UTC)


def _to(day: datetime) -> datetime:
    following: date = day.date() + timedelta(days=1)
    return datetime.combine(following, time(), UTC)
