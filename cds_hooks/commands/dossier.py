"""`cds-hooks dossier`: what a committee or an authority asks about a trained model, as files."""

from importlib.metadata import version
from pathlib import Path

import click

from cds_hooks.commands import terminal
from cds_hooks.commands.options import config, settings_of

# The models are imported where they are used: the other commands start without them.


@click.command()
@click.argument("model")
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder for the files; dossier-MODEL unless it is given.",
)
@config
def dossier(model: str, output: Path | None, config: Path | None) -> None:
    """Write the dossier of MODEL's active version: drafts for the site to complete, and its card.

    Source attributes, technical file, change control and post-market plans, an impact assessment,
    and a trace of rules to tests, as pages that print; the CHAI applied model card as XML.
    """
    from cds_hooks.dossier.facts import facts
    from cds_hooks.dossier.writing import write
    from cds_hooks.model_registry.gate import gate_of
    from predictors.catalogue import tree_models

    predictor = tree_models().get(model)
    if predictor is None:
        raise click.ClickException(terminal.plain(f"there is no model {model}"))
    verified = gate_of([predictor], settings_of(config).models).active[model]
    try:
        told = facts(verified, version("cds-hooks-server"))
    except ValueError as error:
        raise click.ClickException(terminal.plain(str(error))) from None
    for path in write(told, output or Path(f"dossier-{model}")):
        click.echo(str(path))
