"""Bare WSGI around the server's own functions: no framework, no authentication, no record."""

from collections.abc import Callable, Iterable
from typing import Any

from tools.benchmark.stages import Line

line = Line()


def app(environ: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
    """The answer's bytes."""
    answer = line.answer(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(answer)))]
    start_response("200 OK", headers)
    return [answer]
