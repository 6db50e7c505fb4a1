"""The option `--config` of the commands: the site's settings, or a refusal in words."""

from pathlib import Path

import click

from cds_hooks.settings.file import load
from cds_hooks.settings.settings import Settings
from cds_hooks.settings.validation import ConfigError

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
"""A file that is there."""

config = click.option("--config", type=FILE, help="The site's choices, cds.toml.")


def settings_of(config: Path | None) -> Settings:
    """The site's choices, or the defaults; raises ClickException."""
    try:
        return load(config) if config else Settings()
    except ConfigError as error:
        raise click.ClickException(str(error)) from None
