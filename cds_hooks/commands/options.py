"""What several commands are given: the site's settings, and the moment of an assessment."""

from datetime import UTC, datetime
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


def moment(_: click.Context, __: click.Parameter | None, text: str | None) -> datetime:
    """A callback: now, or the time that is given with its offset from UTC."""
    if text is None:
        return datetime.now(UTC)
    try:
        given = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter("not a time such as 2026-03-15T12:00:00Z") from None
    if given.tzinfo is None:
        raise click.BadParameter("the time needs its offset from UTC, such as Z")
    return given
