"""`cds-hooks population`: everyone of a Bulk Data export, assessed as the hooks would."""

import os
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cds_hooks.commands import terminal
from cds_hooks.commands.options import config, moment, settings_of
from cds_hooks.settings.validation import ConfigError

# pyarrow is imported where it is used: the other commands start without it.
if TYPE_CHECKING:
    from cds_hooks.population.running import Progress

MISSING = "a population needs pyarrow: pip install 'cds-hooks-server[population]'"


@click.group()
def population() -> None:
    """Assess whole populations from files."""


@population.command()
@click.argument("source", metavar="INPUT")
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path))
@click.option("--as-of", help="When, as 2026-03-15T12:00:00Z; now if not given.")
@click.option("--services", default="", help="Which, separated by commas; all if not given.")
@click.option("--workers", default=os.cpu_count() or 1, type=click.IntRange(1, 256))
@click.option("--memory", default=2000, show_default=True, help="Megabytes a worker may take.")
@click.option("--dask", default="", help="The address of a Dask scheduler, or local.")
@click.option("--resume", is_flag=True, help="Go on with the run that is in the folder.")
@config
def run(
    source: str,
    *,
    out: Path,
    as_of: str | None,
    services: str,
    workers: int,
    memory: int,
    dask: str,
    resume: bool,
    config: Path | None,
) -> None:
    """Assess everyone of INPUT: a folder, a glob, a file or s3://bucket/folder.

    Read are FHIR Bulk Data (*.ndjson), Bundles (*.json) and Parquet, plain or as *.gz and *.zst.
    Written are assessments/*.ndjson (RiskAssessments), risks/*.parquet, what could not be used in
    work/quarantine.ndjson, and manifest.json. The exit code is 1 if there was nothing to read, if a
    file broke before its end, or if nobody could be assessed.
    """
    try:
        from cds_hooks.population.inputs import UnusableInput
        from cds_hooks.population.running import NotResumable, Plan, asked_as_of
        from cds_hooks.population.running import run as run_it
    except ImportError:
        raise click.ClickException(MISSING) from None
    chosen = tuple(each.strip() for each in services.split(",") if each.strip())
    _require_known(chosen)
    settings_of(config)
    before = asked_as_of(out) if resume and as_of is None else None
    when = before or moment(click.get_current_context(), None, as_of)
    plan = Plan(source, out, when, config, chosen, workers, memory, dask, resume)
    try:
        made = run_it(plan, told=_told, splitting=_splitting)
    except (ConfigError, NotResumable, UnusableInput) as error:
        raise click.ClickException(terminal.plain(str(error))) from None
    click.echo(
        f"{made.assessed} of {made.patients} patients assessed, {made.assessments} assessments, "
        f"{made.quarantined} lines quarantined, {made.seconds:.1f} s: {out}"
    )
    if made.unknown:
        click.echo(f"Of {made.unknown} of them it cannot be told whose they are.")
    for name in made.broken:
        click.echo(f"{name}: the rest of the file cannot be read.", err=True)
    if not made.whole:
        raise SystemExit(1)


def _require_known(chosen: tuple[str, ...]) -> None:
    from cds_hooks.engine.service import services

    if unknown := set(chosen) - set(services()):
        raise click.ClickException(f"there is no service {', '.join(sorted(unknown))}")


def _splitting(resources: int) -> None:
    click.echo(f"  {resources} resources read", err=True)


def _told(progress: "Progress") -> None:
    left = timedelta(seconds=round(progress.left))
    print(
        f"  {progress.share:4.0%}  {progress.patients} patients"
        f"  {progress.per_second:.1f} a second  {left} left",
        file=sys.stderr,
        flush=True,
    )
