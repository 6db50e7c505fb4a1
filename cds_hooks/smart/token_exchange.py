"""The two questions that a launch puts to the EHR: where it authorizes, and for a token."""

import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from time import monotonic

from cds_hooks.fhir_client import http
from cds_hooks.settings.clients import Smart
from cds_hooks.smart.app import App, LaunchRefused
from cds_hooks.smart.authorization import Endpoints, endpoints
from cds_hooks.smart.token_request import TokenResponse, token_request, token_response
from cds_hooks.store.pseudonyms import Keys

LAUNCH_SECONDS = 3.0
"""Seconds for each: a person waits for a page, no card does."""

MOST_BYTES = 200_000


def endpoints_of(app: App) -> Endpoints:
    """The endpoints as the FHIR server tells them; raises NotFetched and LaunchRefused."""
    found = http.get(
        f"{app.server.base.rstrip('/')}/.well-known/smart-configuration",
        app.server,
        headers={"Accept": "application/json"},
        until=monotonic() + LAUNCH_SECONDS,
        most_bytes=MOST_BYTES,
    )
    return endpoints(found.body, app)


def token(
    app: App, *, code: str, state: str, redirect: str, keys: Keys, now: datetime
) -> TokenResponse:
    """What the code is exchanged for; raises NotFetched and LaunchRefused."""
    found = endpoints_of(app)
    form, headers = token_request(
        app,
        found.token,
        code=code,
        state=state,
        redirect=redirect,
        keys=keys,
        secret=secret(app.smart, os.environ),
        now=now,
    )
    told = http.post(
        found.token,
        found.token_server,
        form=form,
        headers=headers,
        until=monotonic() + LAUNCH_SECONDS,
        most_bytes=MOST_BYTES,
    )
    return token_response(told.body)


def secret(smart: Smart, environ: Mapping[str, str]) -> str:
    """The app's secret or private key, read anew so that it can be changed; "" of a public app.

    Raises LaunchRefused where it is not there.
    """
    if not (smart.secret_env or smart.secret_file or smart.key_file):
        return ""
    try:
        if smart.secret_env:
            found = environ[smart.secret_env]
        else:
            found = Path(smart.secret_file or smart.key_file).read_text(encoding="utf-8")
    except (KeyError, OSError, UnicodeDecodeError):
        raise LaunchRefused("secret") from None
    if not found.strip():
        raise LaunchRefused("secret")
    return found if smart.key_file else found.strip()
