"""The `cds-hooks` command: serve, call a service as an EHR would, check a chart."""

from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import click
import msgspec
from msgspec.structs import replace

from cds_hooks import client, terminal
from cds_hooks.ehr import UnusableBundle, hook_request

if TYPE_CHECKING:
    from cds_hooks.config import Settings

BUNDLE = click.Path(exists=True, dir_okay=False, path_type=Path)
NO_AUTHENTICATION = (
    "clients cannot be authenticated yet, so only the demo can be served, to this computer alone: "
    "cds-hooks serve --demo"
)


@click.group()
@click.version_option(package_name="cds-hooks-server")
def main() -> None:
    """CDS Hooks server: explained clinical risk when a chart is opened."""


@main.command()
@click.option("--url", required=True, help="Base URL of the server, or of its discovery.")
@click.option("--service", required=True, help="Id of the service.")
@click.option("--patient", required=True, type=BUNDLE, help="The chart: a FHIR Bundle in JSON.")
@click.option("--json", "raw", is_flag=True, help="Print the answer as it came.")
def call(url: str, service: str, patient: Path, raw: bool) -> None:
    """Open a chart as an EHR does, and show the cards.

    Reads the service's discovery, resolves its prefetch templates against the Bundle and posts the
    hook. The exit code is 1 if the service does not answer with cards.
    """
    try:
        address, described = client.described(url, service)
        request = hook_request(patient.read_bytes(), described, hook_instance=str(uuid4()))
        answer = client.cards(address, request)
    except client.NotAnswered as error:
        raise click.ClickException(_explained(error)) from None
    except UnusableBundle as error:
        raise click.ClickException(f"{patient.name}: {error}") from None
    click.echo(msgspec.json.encode(answer) if raw else terminal.answer(answer))


def _explained(error: client.NotAnswered) -> str:
    return "\n".join(filter(None, (terminal.plain(str(error)), terminal.outcome(error.body))))


@main.command()
@click.argument("bundle", type=BUNDLE)
def check(bundle: Path) -> None:
    """Tell what is read from a chart, what is not and why, and what is invalid FHIR in it."""
    # The classes of every FHIR resource take a second to import; the other commands need none.
    from cds_hooks.chart_report import report

    try:
        click.echo(report(bundle.read_bytes()))
    except UnusableBundle as error:
        raise click.ClickException(f"{bundle.name}: {error}") from None


@main.command()
@click.option("--demo", is_flag=True, help="No authentication, this computer only.")
@click.option(
    "--port", default=8000, show_default=True, envvar="PORT", type=click.IntRange(1, 65535)
)
@click.option("--config", type=BUNDLE, help="The site's choices, cds.toml.")
def serve(demo: bool, port: int, config: Path | None) -> None:
    """Serve CDS Hooks."""
    if not demo:
        raise click.ClickException(NO_AUTHENTICATION)
    # What serves is imported here, so that the other commands start without it.
    settings = _demo(config)
    from cds_hooks.server import Server, greeting

    address = f"127.0.0.1:{port}"
    Server(settings, bind=address, greeting=greeting(f"http://{address}")).run()


def _demo(config: Path | None) -> "Settings":
    from cds_hooks.config import ConfigError, demo_settings, load

    demo = demo_settings()
    try:
        site = load(config) if config else demo
        origins = (*site.cors_origins, *demo.cors_origins)
        return replace(site, demo=True, cors_origins=tuple(dict.fromkeys(origins)))
    except ConfigError as error:
        raise click.ClickException(str(error)) from None
