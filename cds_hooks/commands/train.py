"""The `cds-hooks train`, `validate` and `recalibrate` commands."""

import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

import click
import msgspec

from cds_hooks.commands.options import config, settings_of

# What trains is imported where it is used: the other commands, and the server, start without it.
if TYPE_CHECKING:
    from cds_hooks.training.downloads import PublicData
    from predictors.training.progress import Progress
    from predictors.training.results import Validation

DATA = click.Path(path_type=Path)
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
FORMATS = ("cinc2019", "physionet2012", "diabetes130", "gbsg", "support2", "fhir")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*")
DEEP = {"onnx", "onnxruntime", "torch"}
"""What only a sequence model is trained with."""

data = click.option("--data", type=DATA, help="A file or folder of the data set.")
format_ = click.option("--format", "format_", type=click.Choice(FORMATS), required=True)
held_out = click.option("--held-out", is_flag=True, help="Only patients whom training set aside.")
as_developed = click.option(
    "--as-developed", is_flag=True, help="By trees fitted without the patients to be judged."
)
version = click.option("--version", default="", help="A version other than the one served.")
beside = click.option("--beside", default="", help="Another version, compared on the same rows.")
replicates = click.option("--replicates", default=200, show_default=True, type=click.IntRange(2))


@click.command()
@click.argument("model")
@data
@click.option("--out", type=DATA, help="Where to write; the package's own model if not given.")
@click.option("--download", is_flag=True, help="Fetch the public data into --data first.")
@click.option("--challenger", is_flag=True, help="Fit the other form of the model, into --out.")
def train(
    model: str, data: Path | None, *, out: Path | None, download: bool, challenger: bool
) -> None:
    """Fit MODEL to the data and write its folder: the same data give the same bytes."""
    with _told():
        if download:
            _download(model, data)
    began = monotonic()
    with _told(), progress_bar("Training") as progress:
        from cds_hooks.training.runs import train as run

        path = _existing(data)
        made = run(model, path, out=out, progress=progress, challenger=challenger)
    for metric in made.metrics:
        if not metric.subgroup:
            interval = f" ({metric.low:g} to {metric.high:g})" if metric.low is not None else ""
            click.echo(f"{metric.cohort}  {metric.name}  {metric.value:g}{interval}")
    click.echo(f"{model} {made.version}: model.txt {made.files['model.txt']}")
    click.echo(f"Trained in {(monotonic() - began) / 60:.1f} minutes", err=True)


@click.command()
@click.argument("model")
@data
@format_
@held_out
@as_developed
@version
@beside
@replicates
@click.option("--json", "json", type=click.Path(path_type=Path), help="Write a JSON report.")
@click.option("--html", "html", type=click.Path(path_type=Path), help="Write an HTML report.")
@click.option("--publish", type=FOLDER, help="The version's folder, for the service's page.")
@config
def validate(
    model: str,
    data: Path | None,
    format_: str,
    *,
    held_out: bool,
    as_developed: bool,
    version: str,
    beside: str,
    replicates: int,
    json: Path | None,
    html: Path | None,
    publish: Path | None,
    config: Path | None,
) -> None:
    """Validate MODEL on a hospital's own patients, or on a public data set.

    With --format fhir, --data is a folder of FHIR Bundles (*.json, or *.ndjson with one a line) and
    outcomes.csv with a row an assessment: id of the Patient, as_of, outcome (0 or 1), and any other
    columns as subgroups.
    """
    with _told(), progress_bar("Validating") as progress:
        from cds_hooks.training.runs import Choice, validation_of, version_of
        from predictors.training.intervals import Bootstrap

        settings = settings_of(config)
        judged = version_of(model, version, settings)
        found, refused = validation_of(
            judged,
            Choice(_existing(data), format_, held_out, as_developed, beside),
            settings=settings,
            bootstrap=Bootstrap(replicates),
            progress=progress,
        )
    _report(found, json=json, html=html)
    _refusals(refused)
    if publish is not None:
        from predictors.training.publish import publish as write

        write(found, judged.folder.manifest, publish)


def _report(found: "Validation", *, json: Path | None, html: Path | None) -> None:
    from predictors.training.report import markdown

    if json is not None:
        json.write_bytes(msgspec.json.format(msgspec.json.encode(found), indent=1) + b"\n")
    if html is not None:
        from predictors.training.page import page

        html.write_text(page(found), encoding="utf-8")
    click.echo(markdown(found), nl=False)


def _refusals(refused: Mapping[str, int]) -> None:
    if refused:
        click.echo("\nNot assessed, so in none of the numbers:")
    for reason, count in sorted(refused.items(), key=lambda each: -each[1]):
        click.echo(f"- {count:,}: {reason}")


@click.command()
@click.argument("model")
@data
@format_
@held_out
@click.option("--name", required=True, help="The new version's name, such as 2026-site.")
@click.option(
    "--alerts-per-100-patient-days",
    type=click.FloatRange(0, min_open=True),
    help="Set the alert threshold to so many alerts here; without it, it flags whom it flagged.",
)
@version
@replicates
@config
def recalibrate(
    model: str,
    data: Path | None,
    format_: str,
    *,
    held_out: bool,
    name: str,
    alerts_per_100_patient_days: float | None,
    version: str,
    replicates: int,
    config: Path | None,
) -> None:
    """Fit MODEL's slope and intercept to a site's patients, and write them as a new version.

    It goes into the folder that cds.toml names under [models]; nothing is served differently until
    the version is activated.
    """
    with _told(), progress_bar("Recalibrating") as progress:
        from cds_hooks.model_registry.gate import site_folder
        from cds_hooks.model_registry.versions import SHIPPED
        from cds_hooks.training.runs import Choice, TrainingUnavailable, version_of
        from cds_hooks.training.runs import recalibrate as run
        from predictors.training.intervals import Bootstrap
        from predictors.training.report import printed

        settings = settings_of(config)
        site = site_folder(settings.models)
        if site is None:
            raise TrainingUnavailable("cds.toml names no folder of models: [models] folder")
        if not NAME.fullmatch(name) or name == SHIPPED:
            raise TrainingUnavailable("a version is named by letters, digits, points and dashes")
        fitted = run(
            version_of(model, version, settings),
            Choice(_existing(data), format_, held_out),
            site / model / name,
            alerts_per_100_patient_days=alerts_per_100_patient_days,
            settings=settings,
            bootstrap=Bootstrap(replicates),
            progress=progress,
        )
    click.echo(f"slope {printed(fitted.slope, 3)}, intercept {printed(fitted.intercept, 3)}")
    click.echo("Fitted on these patients: validate it on others before it is activated:")
    click.echo(f"  cds-hooks validate {model} --version {name} --config cds.toml ...")
    click.echo(f"  cds-hooks models activate {model} {name} --config cds.toml")


def _install(error: ImportError) -> str:
    extras = "train,train-deep" if error.name in DEEP else "train"
    return (
        f"training needs its libraries: pip install 'cds-hooks-server[{extras}]' "
        f"({error.name} is missing)"
    )


@contextmanager
def _told() -> Iterator[None]:
    """What is wrong with the request or its data, as one line."""
    try:
        from cds_hooks.bundles.ehr import UnusableBundle
        from cds_hooks.training.downloads import NotDownloaded
        from cds_hooks.training.runs import TrainingUnavailable
    except ImportError as error:
        raise click.ClickException(_install(error)) from None
    try:
        yield
    except ImportError as error:
        raise click.ClickException(_install(error)) from None
    except (NotDownloaded, OSError, TrainingUnavailable, UnusableBundle, ValueError) as error:
        raise click.ClickException(str(error)) from None


@contextmanager
def progress_bar(label: str) -> Iterator["Progress"]:
    """A bar on standard error, and how it is told."""
    steps = 1000
    with click.progressbar(length=steps, label=label, file=sys.stderr) as bar:

        def tell(share: float, doing: str) -> None:
            bar.label = doing.ljust(len(label))
            bar.update(max(0, round(share * steps) - bar.pos))

        yield tell


def _existing(path: Path | None) -> Path | None:
    if path is not None and not path.exists():
        raise FileNotFoundError(f"there is nothing at {path}")
    return path


def _download(model: str, folder: Path | None) -> None:
    from cds_hooks.training.downloads import PUBLIC, fetch
    from cds_hooks.training.runs import TrainingUnavailable

    public = PUBLIC.get(model)
    if public is None:
        raise TrainingUnavailable(f"{model} has nothing to download: its data come in a package")
    if folder is None:
        raise TrainingUnavailable("say by --data into which folder to download")
    _introduce(public)
    for file in public.files:
        with progress_bar(file.name) as progress:
            found = fetch(file, folder, progress=progress)
        pinned = "as pinned" if file.sha256 else "not pinned: compare it with the publisher's"
        click.echo(f"{file.name}: SHA-256 {found} ({pinned})", err=True)


def _introduce(public: "PublicData") -> None:
    click.echo(f"{public.title}\n  {public.page}\n  Licence: {public.licence}", err=True)
    click.echo(f"  Please cite: {public.citation}", err=True)
    for file in public.files:
        click.echo(f"  {file.url}", err=True)
