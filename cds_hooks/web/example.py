"""A call that returns a card, for a person to paste into a terminal."""

import shlex
from importlib.resources import files

import msgspec


def example_call(base: str) -> str:
    """The curl command against a server at that address, such as http://127.0.0.1:8000."""
    example = files("cds_hooks").joinpath("web/example_request.json").read_bytes()
    body = shlex.quote(msgspec.json.format(example, indent=-1).decode())
    return f"curl -s {base}/cds-services/lab-safety -H 'Content-Type: application/json' -d {body}"
