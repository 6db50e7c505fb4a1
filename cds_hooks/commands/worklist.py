"""`cds-hooks worklist`: whom to review and when, as text, JSON or a page; and its replay."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click
import msgspec

from cds_hooks.commands import terminal
from cds_hooks.commands.free_port import require_free
from cds_hooks.commands.options import FILE, moment
from cds_hooks.commands.train import progress_bar
from cds_hooks.settings.validation import ConfigError

# numpy and what plans are imported where they are used: the other commands start without them.
if TYPE_CHECKING:
    from cds_hooks.web.worklist_page import Shown
    from cds_hooks.worklist.listing import Entry
    from cds_hooks.worklist.site import Site

HERE = "127.0.0.1"
"""The page is for this computer alone: it authenticates no one."""


@click.group()
def worklist() -> None:
    """Choose whom to review next, within the teams' capacity."""


@worklist.command()
@click.argument("risks", type=click.Path(exists=True, path_type=Path))
@click.option("--beds", type=FILE, help="Who is where, and was last reviewed: CSV, JSON, Parquet.")
@click.option("--site", type=FILE, help="Teams, services, intervals and fairness, in TOML.")
@click.option("--an-hour", type=click.IntRange(1, 1000), help="Without --site: reviews an hour.")
@click.option("--as-of", callback=moment, help="When, as 2026-03-15T12:00:00Z; now if not given.")
@click.option("--seconds", default=5.0, show_default=True, help="How long HiGHS may take.")
@click.option("--json", "as_json", is_flag=True, help="The list as JSON.")
@click.option("--serve", is_flag=True, help=f"Show it as a page, on {HERE} alone.")
@click.option("--port", default=8010, show_default=True, type=click.IntRange(1, 65535))
@click.option("--output", type=click.File("w", "utf-8", atomic=True), default="-", help="A file.")
def plan(
    risks: Path,
    beds: Path | None,
    site: Path | None,
    *,
    an_hour: int | None,
    as_of: datetime,
    seconds: float,
    as_json: bool,
    serve: bool,
    port: int,
    output: IO[str],
) -> None:
    """List whom to review when, from the RISKS of a population run or of a table like it.

    RISKS is a Parquet file or a folder of them, a CSV, or a JSON list of rows: patient, service,
    risk, and what else is known. Everyone in it is listed: life-threatening findings above the
    plan, who is not assessed as such.
    """
    from cds_hooks.worklist.table import UnusableTable

    try:
        chosen = _site(site, an_hour)
        shown = _shown(risks, beds, chosen, as_of=as_of, seconds=seconds)
    except (ConfigError, UnusableTable) as error:
        raise click.ClickException(terminal.plain(str(error))) from None
    if serve:
        _serve(shown, port)
    else:
        text = _json(shown) if as_json else terminal.plain("\n".join(_lines(shown)))
        output.write(f"{text}\n")


@worklist.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--hospital", type=click.Choice(("A", "B")), multiple=True, default=("B",))
@click.option("--beds", default=200, show_default=True, type=click.IntRange(2))
@click.option("--an-hour", default=4, show_default=True, type=click.IntRange(1))
@click.option("--interval", multiple=True, type=click.IntRange(1), default=(1, 4, 6, 10))
@click.option("--seed", default=1, show_default=True, help="Of the order of the stays.")
@click.option("--hours", type=click.IntRange(1), help="The first so many hours; all if not given.")
@click.option("--json", "as_json", is_flag=True, help="A JSON object a line.")
def replay(
    folder: Path,
    hospital: tuple[str, ...],
    *,
    beds: int,
    an_hour: int,
    interval: tuple[int, ...],
    seed: int,
    hours: int | None,
    as_json: bool,
) -> None:
    """Compare the plan with simpler rules on real stays: the data of CinC 2019 in FOLDER.

    Both training sets are needed, as cinc2019_setA.parquet and cinc2019_setB*.parquet. The risks
    of the hospital that is judged are of trees fitted to the other one.
    """
    from cds_hooks.worklist_replay import report

    scenario = report.Scenario(beds, an_hour, interval, seed, hours)
    try:
        with progress_bar("Replaying") as progress:
            made = list(report.run(folder, scenario, hospital, progress=progress))
    except (ValueError, ImportError) as error:
        raise click.ClickException(terminal.plain(str(error))) from None
    for each in made:
        if as_json:
            click.echo(msgspec.json.encode(report.as_json(each)))
        else:
            click.echo("\n".join([*report.lines(each, scenario), *report.groups(each)]))


def _site(path: Path | None, an_hour: int | None) -> "Site":
    from cds_hooks.worklist.site import one_team, read_site

    if path is not None:
        return read_site(path)
    if an_hour is None:
        raise click.UsageError("say how many reviews can be made: --site FILE or --an-hour N")
    return one_team(an_hour)


def _shown(
    risks: Path, beds: Path | None, site: "Site", *, as_of: datetime, seconds: float
) -> "Shown":
    from cds_hooks.web.worklist_page import Shown
    from cds_hooks.worklist.listing import entries
    from cds_hooks.worklist.planning import plan
    from cds_hooks.worklist.summary import summary
    from cds_hooks.worklist.table import read_table

    table = read_table(risks, beds, as_of=as_of)
    made = plan(table.candidates, site, seconds=seconds)
    listed = entries(table.candidates, site, made)
    told = summary(listed, site, made, nameless=table.nameless)
    return Shown(listed, tuple(told), as_of, site.hours)


def _lines(shown: "Shown") -> Iterator[str]:
    yield from shown.summary
    for each in shown.entries:
        yield ""
        yield f"{_when(each)}  {each.candidate.patient}  {each.candidate.location}".rstrip()
        yield from (f"  {sentence}" for sentence in (*each.why, *each.notes))


def _when(entry: "Entry") -> str:
    if entry.place != "planned":
        return entry.place.upper()
    return "now" if entry.hour == 0 else f"in {entry.hour} h"


def _json(shown: "Shown") -> str:
    rows = [
        {
            "patient": each.candidate.patient,
            "place": each.place,
            "hour": each.hour,
            "again": each.also,
            "team": each.team,
            "benefit": each.benefit,
            "why": each.why,
            "notes": each.notes,
        }
        for each in shown.entries
    ]
    told = {"as_of": shown.as_of, "summary": shown.summary, "patients": rows}
    return msgspec.json.format(msgspec.json.encode(told), indent=1).decode()


def _serve(shown: "Shown", port: int) -> None:
    from werkzeug.serving import make_server

    from cds_hooks.web.worklist_page import create_worklist_app

    require_free(HERE, port)
    server = make_server(HERE, port, create_worklist_app(shown), threaded=True)
    click.echo(f"The worklist: http://{HERE}:{port}/  (this computer only; end it with Ctrl-C)")
    server.serve_forever()
