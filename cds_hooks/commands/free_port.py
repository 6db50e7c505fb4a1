"""Whether an address can be listened on, before anything is started for it."""

import errno
import socket

import click


def require_free(host: str, port: int) -> None:
    """Raises ClickException, which says what to do, if nothing can listen on that address."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        raise click.ClickException(_told(error, host, port)) from None


def _told(error: OSError, host: str, port: int) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            other = port + 1 if port < 65535 else port - 1
            return (
                f"another program listens on port {port} of {host}: end it, or choose another port"
                f" with --port {other}"
            )
        case errno.EACCES:
            return (
                f"only the superuser may listen on port {port}: choose one above 1023 with --port"
            )
        case _:
            return f"this computer cannot listen on {host}: choose one of its addresses with --host"
