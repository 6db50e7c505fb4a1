"""TLS towards a registered server: the authorities that are trusted, and our own certificate."""

import os
import ssl
from functools import lru_cache

import certifi

from cds_hooks.settings.clients import FhirServer


def trust(server: FhirServer) -> ssl.SSLContext:
    """What certificates are accepted of that server, and which one is shown to it."""
    files = (server.ca_file or certifi.where(), server.client_cert, server.client_key)
    changed = tuple(os.stat(each).st_mtime_ns if each else 0 for each in files)
    return _context(files, changed)


@lru_cache(maxsize=64)
def _context(files: tuple[str, str, str], _: tuple[int, ...]) -> ssl.SSLContext:
    """Read once for files that have not changed since: a hundred authorities take milliseconds."""
    authorities, certificate, key = files
    context = ssl.create_default_context(cafile=authorities)
    if certificate:
        context.load_cert_chain(certificate, key)
    return context
