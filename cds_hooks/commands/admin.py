"""`cds-hooks admin`: serves the admin app, to this computer unless it is told otherwise."""

from pathlib import Path

import click

from cds_hooks.commands.options import config, settings_of
from cds_hooks.settings.clients import is_loopback
from cds_hooks.settings.validation import ConfigError


@click.command()
@click.option("--demo", is_flag=True, help="Nobody signs on, everyone may act: this computer only.")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8001, show_default=True, type=click.IntRange(1, 65535))
@config
def admin(demo: bool, host: str, port: int, config: Path | None) -> None:
    """Serve the admin app: figures, cards, comments, modes, and /metrics for Prometheus.

    Whoever looks is named by the proxy in front, as [admin] of cds.toml says.
    """
    # What serves is imported here, so that the other commands start without it.
    from cds_hooks import logs
    from cds_hooks.admin.app import create_admin
    from cds_hooks.serve.admin_server import serve_admin
    from cds_hooks.store.startup import recorder
    from cds_hooks.store.upgrade import require_upgraded

    if demo and not is_loopback(host):
        raise click.ClickException("the demo signs no one on: it is for this computer alone")
    settings = settings_of(config)
    logs.configure()
    try:
        made = recorder(settings.store)
        require_upgraded(made.store)
        made.store.close()
        bind = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        serve_admin(create_admin(settings, made, demo=demo), bind=bind)
    except ConfigError as error:
        raise click.ClickException(str(error)) from None
