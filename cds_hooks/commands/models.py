"""The `cds-hooks models` commands: which versions there are, which may be served, which one is."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

# The models are imported where they are used: the other commands start without them.
from cds_hooks.commands.options import config, settings_of
from cds_hooks.settings.models import ModelSettings

if TYPE_CHECKING:
    from cds_hooks.model_registry.versions import ModelVersion, Role


@click.group()
def models() -> None:
    """List, verify and choose the versions of the trained models."""


@models.command("list")
@config
def list_versions(config: Path | None) -> None:
    """List every version of every model, and which of them are served."""
    from cds_hooks.model_registry.versions import trained_version

    settings = settings_of(config).models
    for source in _sources(settings):
        trained = trained_version(source) or "(unreadable)"
        roles = ", ".join(_roles(source, settings))
        click.echo(f"{source.predictor.name}  {source.version}  {trained}  {roles}".rstrip())


@models.command()
@click.argument("model", required=False)
@config
def verify(model: str | None, config: Path | None) -> None:
    """Verify every version of a model, or of all, as a start of the server does.

    The exit code is 1 if one must not be served.
    """
    from cds_hooks.model_registry.gate import verified

    settings = settings_of(config).models
    found = verified(list(_sources(settings, model)), settings, anew=True)
    for each in found:
        click.echo(f"{each.predictor.name}  {each.version}  {each.fault or 'verified'}")
    if any(each.fault for each in found):
        raise SystemExit(1)


@models.command()
@click.argument("model")
@click.argument("version")
@click.option("--challenger", is_flag=True, help="Try it beside the active one, showing nothing.")
@config
def activate(model: str, version: str, challenger: bool, config: Path | None) -> None:
    """Serve that VERSION from the next start on, once it is verified; `shipped` is the package's.

    A challenger that is the active version as well is none: so a trial ends.
    """
    from cds_hooks.model_registry.gate import site_folder, verified
    from cds_hooks.model_registry.versions import activate as point

    settings = settings_of(config).models
    site = site_folder(settings)
    if site is None:
        raise click.ClickException("cds.toml names no folder of models: [models] folder")
    source = next((s for s in _sources(settings, model) if s.version == version), None)
    if source is None:
        raise click.ClickException(f"{model} has no version {version}: see cds-hooks models list")
    (found,) = verified([source], settings)
    if found.fault:
        raise click.ClickException(f"{model} {version} must not be served: {found.fault}")
    role: Role = "challenger" if challenger else "active"
    point(source, site, role)
    click.echo(f"{model} {version} is the {role} version from the next start on")


@models.command("seal")
@click.argument("model")
def reseal(model: str) -> None:
    """Pin a model of the package again, after its card.toml was edited: for its developers."""
    from predictors.training.artefact import pin, seal
    from predictors.tree_model import require_model
    from predictors.tree_text import Damaged

    (shipped, *_) = _sources(ModelSettings(), model)
    folder = require_model(shipped.predictor).folder
    try:
        seal(folder)
    except (Damaged, OSError) as error:
        raise click.ClickException(f"{model}: {error}") from None
    pin(folder)
    click.echo(f"{model} is sealed and pinned")


def _sources(settings: ModelSettings, model: str | None = None) -> Iterator["ModelVersion"]:
    from cds_hooks.model_registry.gate import site_folder
    from cds_hooks.model_registry.versions import versions
    from predictors.catalogue import tree_models

    if model is not None and model not in tree_models():
        raise click.ClickException(f"there is no model {model}")
    for name, predictor in tree_models().items():
        if model in (None, name):
            yield from versions(predictor, site_folder(settings))


def _roles(source: "ModelVersion", settings: ModelSettings) -> Iterator["Role"]:
    from cds_hooks.model_registry.gate import site_folder
    from cds_hooks.model_registry.versions import ROLES, chosen
    from predictors.tree_text import Damaged

    for role in ROLES:
        try:
            found = chosen(source.predictor, site_folder(settings), role)
        except Damaged:
            continue
        if found and found.version == source.version:
            yield role
