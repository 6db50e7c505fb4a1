"""The options of `cds-hooks call`: how the call is signed, and its access to a FHIR server."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import click

from cds_hooks.commands.http_client import Sign, unsigned

SCOPE = "patient/*.rs"
"""What an access token that is rehearsed with is said to be good for."""

SECONDS = 300


def signer(options: Mapping[str, Any]) -> Sign:
    """How each call is signed; not at all without a key. Raises ClickException."""
    if options["key"] is None:
        return unsigned
    # The other calls need no cryptography.
    from cds_hooks.auth.signing import Signer, UnusableSigner, private_key, usual_algorithm

    try:
        key, own = private_key(options["key"].read_bytes())
        made = Signer(
            key=key,
            kid=options["kid"] or own,
            algorithm=options["algorithm"] or usual_algorithm(key),
            issuer=options["issuer"],
            audience=options["audience"],
            jku=options["jku"],
            claims=_claims(options["claims"]),
        )
        made.token("", datetime.now(UTC))
    except UnusableSigner as error:
        raise click.ClickException(f"{options['key'].name}: {error}") from None
    if not (made.issuer and made.kid):
        raise click.UsageError("--key needs --issuer, and --kid where the key has no id of its own")
    return lambda url: made.token(url, datetime.now(UTC))


def given(options: Mapping[str, Any], request: Mapping[str, Any]) -> dict[str, object]:
    """The request as the options want it: with access to a FHIR server, without prefetch."""
    without = "prefetch" if options["no_prefetch"] else ""
    sent = {name: value for name, value in request.items() if name != without}
    if options["fhir_server"]:
        sent["fhirServer"] = options["fhir_server"]
        if options["fhir_token"]:
            sent["fhirAuthorization"] = _authorization(options, request["context"]["patientId"])
    return sent


def _authorization(options: Mapping[str, Any], patient_id: str) -> dict[str, object]:
    return {
        "access_token": options["fhir_token"],
        "token_type": "Bearer",
        "expires_in": SECONDS,
        "scope": SCOPE,
        "subject": options["issuer"] or "cds-hooks-call",
        "patient": patient_id,
    }


def _claims(named: tuple[str, ...]) -> dict[str, str]:
    pairs = [each.partition("=") for each in named]
    if any(not (name and equals) for name, equals, _ in pairs):
        raise click.UsageError("--claim is NAME=VALUE")
    return {name: value for name, _, value in pairs}
