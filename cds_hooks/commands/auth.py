"""The commands about authentication: check-config and doctor for a site, jwks for who signs."""

from pathlib import Path

import click
import msgspec

from cds_hooks.commands.options import FILE
from cds_hooks.settings.settings import Settings
from cds_hooks.settings.validation import ConfigError


@click.command("check-config")
@click.argument("config", type=FILE)
def check_config(config: Path) -> None:
    """Tell what is wrong in CONFIG, cds.toml, key by key, or else print every setting that holds.

    The exit code is 1 if it cannot be served. Files that it names are looked at, servers are not
    called; passwords are not printed.
    """
    from cds_hooks.commands.effective_settings import toml_lines

    click.echo("\n".join(toml_lines(_servable(config))))


@click.command()
@click.argument("key", type=FILE)
@click.option("--kid", help="The id of the key; a JWK has one of its own.")
def jwks(key: Path, kid: str | None) -> None:
    """Print the public half of KEY, a private JWK or PEM file, for a client's jwks_file."""
    from cds_hooks.auth.signing import UnusableSigner, private_key, public_set

    try:
        private, own = private_key(key.read_bytes())
        if not (kid or own):
            raise UnusableSigner("it has no id of its own: --kid is needed")
        public = public_set(private, kid or own)
    except UnusableSigner as error:
        raise click.ClickException(f"{key.name}: {error}") from None
    click.echo(msgspec.json.format(msgspec.json.encode(public), indent=2))


@click.command()
@click.option("--config", required=True, type=FILE, help="The site's choices, cds.toml.")
@click.option("--client", required=True, help="Whose, as [clients.NAME] names it.")
def doctor(config: Path, client: str) -> None:
    """Try what a client needs of us and we of it: keys, TLS, clocks, FHIR servers.

    Prints a line for each with what to do where it fails, then the audiences that its tokens may
    have and the prefetch that it would be asked for. The exit code is 1 if anything failed.
    """
    from cds_hooks.commands.doctor import examined

    settings = _servable(config)
    if client not in settings.clients:
        known = ", ".join(settings.clients)
        raise click.BadParameter(f"there is no clients.{client}; there are {known}")
    failed = 0
    for tried in examined(settings, client):
        failed += bool(tried.remedy)
        click.echo(str(tried))
    if failed:
        raise click.ClickException(f"{failed} of these went wrong")


def _servable(config: Path) -> Settings:
    # What this looks at is what serves, which the other commands start without.
    from cds_hooks.commands.check_config import servable

    try:
        return servable(config)
    except ConfigError as error:
        raise click.ClickException(str(error)) from None
