"""The `cds-hooks` command: serve, call a service as an EHR would, check and assess charts."""

import sys
from datetime import datetime
from functools import partial
from pathlib import Path
from tempfile import mkdtemp
from typing import IO, TYPE_CHECKING, Any
from uuid import uuid4

import click
import msgspec
from msgspec.structs import replace

from cds_hooks.bundles.ehr import UnusableBundle, hook_request, resources
from cds_hooks.bundles.ehr import drafts as drafted
from cds_hooks.commands import terminal
from cds_hooks.commands.admin import admin
from cds_hooks.commands.auth import check_config, doctor, jwks
from cds_hooks.commands.census import census
from cds_hooks.commands.db import db
from cds_hooks.commands.dossier import dossier
from cds_hooks.commands.free_port import require_free
from cds_hooks.commands.models import models
from cds_hooks.commands.monitoring import drift, outcomes, report
from cds_hooks.commands.options import FILE, config, moment, settings_of
from cds_hooks.commands.population import population
from cds_hooks.commands.replay import replay
from cds_hooks.commands.terminology import terminology
from cds_hooks.commands.train import recalibrate, train, validate
from cds_hooks.commands.worklist import worklist
from cds_hooks.protocol.errors import CDSError
from cds_hooks.protocol.json import encode
from cds_hooks.settings.file import load
from cds_hooks.settings.settings import Settings, demo_settings
from cds_hooks.settings.store import StoreSettings
from cds_hooks.settings.validation import ConfigError

if TYPE_CHECKING:
    from cds_hooks.commands.http_client import NotAnswered
    from cds_hooks.engine.model_set import Models
    from cds_hooks.store.recorder import Recorder

NO_CONFIG = (
    "outside the demo the clients that may call are needed: cds-hooks serve --config cds.toml, "
    "or for the demo, to this computer alone: cds-hooks serve --demo"
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="cds-hooks-server")
def main() -> None:
    """CDS Hooks server: explained clinical risk when a chart is opened."""


main.add_command(census)
main.add_command(admin)
main.add_command(db)
main.add_command(train)
main.add_command(validate)
main.add_command(recalibrate)
main.add_command(models)
main.add_command(replay)
main.add_command(terminology)
main.add_command(outcomes)
main.add_command(drift)
main.add_command(report)
main.add_command(dossier)
main.add_command(population)
main.add_command(worklist)
main.add_command(check_config)
main.add_command(jwks)
main.add_command(doctor)


@main.command()
@click.option("--url", required=True, help="Base URL of the server, or of its discovery.")
@click.option("--service", required=True, help="Id of the service.")
@click.option("--patient", required=True, type=FILE, help="The chart: a FHIR Bundle in JSON.")
@click.option("--drafts", type=FILE, help="Draft orders: a Bundle or one order, in JSON.")
@click.option("--json", "raw", is_flag=True, help="Print the answer as it came.")
@click.option("--key", type=FILE, help="Sign each call with this private key: a JWK or PEM file.")
@click.option("--kid", default="", help="The key's id; a JWK has one of its own.")
@click.option("--issuer", default="", help="Who signs: the client's iss.")
@click.option("--audience", default="", help="The tokens' aud, if not the address that is called.")
@click.option("--algorithm", default="", help="The tokens' alg, if not the usual one of the key.")
@click.option("--jku", default="", help="Where the tokens say that the key is published.")
@click.option("--claim", "claims", multiple=True, help="A further claim, as tenant=north.")
@click.option("--fhir-server", default="", help="The base of the FHIR server that may be asked.")
@click.option("--fhir-token", default="", envvar="FHIR_TOKEN", help="The access token for it.")
@click.option("--no-prefetch", is_flag=True, help="Send no prefetch, so that it must be fetched.")
def call(
    url: str, service: str, patient: Path, drafts: Path | None, raw: bool, **options: Any
) -> None:
    """Call a service's hook on a chart as an EHR does, and show the cards.

    Reads the service's discovery, resolves its prefetch templates against the Bundle and posts its
    hook: the encounter is the one in progress or else the newest, draft orders are the resources
    with the status draft and those of --drafts. The exit code is 1 if the service does not answer
    with cards.
    """
    from cds_hooks.commands import call_options, http_client

    try:
        sign = call_options.signer(options)
        address, described = http_client.described(url, service, sign=sign)
        held = resources(patient.read_bytes())
        held += drafted(drafts.read_bytes()) if drafts else []
        request = hook_request(held, described, hook_instance=str(uuid4()))
        answer = http_client.cards(address, call_options.given(options, request), sign=sign)
    except http_client.NotAnswered as error:
        raise click.ClickException(_explained(error)) from None
    except UnusableBundle as error:
        raise click.ClickException(terminal.plain(f"{patient.name}: {error}")) from None
    click.echo(msgspec.json.encode(answer) if raw else terminal.answer(answer))


def _explained(error: "NotAnswered") -> str:
    return "\n".join(filter(None, (terminal.plain(str(error)), terminal.outcome(error.body))))


@main.command()
@click.argument("bundle", type=FILE)
@config
def check(bundle: Path, config: Path | None) -> None:
    """Tell what is read from a chart, what is not and why, and what is invalid FHIR in it."""
    # The classes of every FHIR resource take a second to import; the other commands need none.
    from cds_hooks.commands.chart_report import report

    try:
        click.echo(report(bundle.read_bytes(), settings_of(config).site_map))
    except UnusableBundle as error:
        raise click.ClickException(f"{bundle.name}: {error}") from None


@main.command()
@click.argument("charts", type=click.Path(exists=True, path_type=Path))
@click.option("--as-of", callback=moment, help="When, as 2026-03-15T12:00:00Z; now if not given.")
@click.option("--ndjson", is_flag=True, help="A FHIR RiskAssessment a line.")
@click.option("--output", type=click.File("w", "utf-8", atomic=True), default="-", help="A file.")
@config
def assess(
    charts: Path, as_of: datetime, ndjson: bool, output: IO[str], config: Path | None
) -> None:
    """Assess a chart, or each chart of a folder, with every service as the hook would.

    CHARTS is a FHIR Bundle of one patient in JSON, or a folder of them. The exit code is 1 if one
    could not be read, while the others are assessed, or if there is none.
    """
    from cds_hooks import logs
    from cds_hooks.model_registry.gate import open_gate

    logs.configure()
    # The moment is given here; the demo would take the newest datum of each record.
    settings, files, unread = replace(settings_of(config), demo=False), _charts(charts), []
    models = open_gate(settings).models
    with click.progressbar(files, label="Assessing", file=sys.stderr) as bar:
        for file in bar:
            try:
                output.write(_assessed(file, settings, models, as_of=as_of, ndjson=ndjson))
            except (CDSError, UnusableBundle) as error:
                unread.append(f"{file.name}: {error}")
    if unread:
        raise click.ClickException(terminal.plain("\n".join(unread)))


def _charts(place: Path) -> list[Path]:
    files = sorted(place.glob("*.json")) if place.is_dir() else [place]
    if not files:
        bulk = "; Bulk Data (*.ndjson) is not read" if any(place.glob("*.ndjson")) else ""
        told = f"{place} holds no chart: a chart is a FHIR Bundle of one patient in *.json{bulk}"
        raise click.ClickException(terminal.plain(told))
    return files


def _assessed(
    file: Path, settings: Settings, models: "Models", *, as_of: datetime, ndjson: bool
) -> str:
    # The classes of every FHIR resource take a second to import; the other commands need none.
    from cds_hooks.bundles.assessment_report import report
    from cds_hooks.bundles.bundle_calls import evaluations
    from cds_hooks.fhir_export.risk_assessments import risk_assessments

    made = list(evaluations(file.read_bytes(), settings=settings, as_of=as_of, models=models))
    if not ndjson:
        return f"{terminal.plain(report(file.name, made))}\n"
    resources = (each for chart, found in made for each in risk_assessments(found, chart))
    return "".join(f"{encode(resource).decode()}\n" for resource in resources)


@main.command()
@click.option("--demo", is_flag=True, help="No authentication, this computer only.")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port", default=8000, show_default=True, envvar="PORT", type=click.IntRange(1, 65535)
)
@config
def serve(demo: bool, host: str, port: int, config: Path | None) -> None:
    """Serve CDS Hooks: to the clients of the configuration, or the demo."""
    # What serves is imported here, so that the other commands start without it.
    from cds_hooks import logs
    from cds_hooks.serve.gunicorn_server import Server, greeting, serving

    require_free(host, port)
    bind = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    base = f"http://{bind}"
    read = partial(_demo, config, host, base) if demo else partial(_served, config)
    try:
        settings = read()
        logs.configure()
        recorder, told = _remembering(settings)
        told = f"{greeting(base) if demo else serving(settings, base)}{told}"
        Server(settings, recorder, bind=bind, greeting=told, read=read).run()
    except ConfigError as error:
        raise click.ClickException(str(error)) from None


def _served(config: Path | None) -> Settings:
    """The site's choices, if they can be served to its clients."""
    if config is None:
        raise click.ClickException(NO_CONFIG)
    from cds_hooks.commands.check_config import servable

    return servable(config)


def _remembering(settings: Settings) -> tuple["Recorder", str]:
    """What the server remembers by, and what a person is told of it; raises ConfigError."""
    from cds_hooks.store.startup import elsewhere, prepared

    if not settings.demo or settings.store != StoreSettings():
        return prepared(settings.store), ""
    try:
        told = "What it shows is remembered in cds-hooks.db, in this folder.\n"
        return prepared(settings.store), told
    except ConfigError as error:
        folder = mkdtemp(prefix="cds-hooks-")
        told = f"This folder cannot be used ({error}): the demo remembers in {folder} instead.\n"
        return prepared(elsewhere(settings.store, Path(folder))), told


def _demo(config: Path | None, host: str, base: str) -> Settings:
    from cds_hooks.settings.clients import is_loopback

    if not is_loopback(host):
        raise click.ClickException("the demo authenticates no one: it is for this computer alone")
    demo = demo_settings()
    site = load(config) if config else demo
    origins = (*site.cors_origins, *demo.cors_origins)
    return replace(
        site,
        demo=True,
        cors_origins=tuple(dict.fromkeys(origins)),
        # Cards link to their detail, whose charts only the process has that answered.
        public_url=site.public_url or base,
        server=replace(site.server, workers=1),
    )
