"""Counts the Python calls of one warm hook call: `python -m tests.line_profile [service]`.

Counted are calls of every thread, of our modules and of libraries, from the bytes of the request to
the bytes of the answer, its record included. The figures depend on Python's version and on those of
the libraries, and on nothing else: no clock, no load of the machine.
"""

import io
import json
import sys
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from types import CodeType, FrameType
from typing import Any
from wsgiref.util import setup_testing_defaults

ROOT = Path(__file__).parent.parent
OURS = tuple(str(ROOT / name) for name in ("cds_hooks", "fhir_adapters", "predictors"))
WARM = 5
"""How many calls come before the one that is counted."""


@dataclass(frozen=True, slots=True)
class LineProfile:
    """What one call entered: how many calls in all, those of ours, and our modules and functions.

    `modules` and `functions` are in the order in which they were first entered.
    """

    calls: int
    ours: int
    modules: tuple[str, ...]
    functions: tuple[str, ...]


class _Counter:
    """A profile function for every thread, which counts while it is switched on."""

    def __init__(self) -> None:
        self.on = False
        self.entered: Counter[CodeType] = Counter()

    def __call__(self, frame: FrameType, event: str, _: object) -> None:
        if self.on and event == "call":
            self.entered[frame.f_code] += 1


def profiled(service: str) -> LineProfile:
    """Profiles one warm call of the service, with the request that its first story sends.

    To be called in a process of its own: threads that run before are not counted.
    """
    counter = _Counter()
    threading.setprofile(counter)
    call = _prepared(service)
    for _ in range(WARM):
        call()
    sys.setprofile(counter)
    counter.on = True
    call()
    counter.on = False
    sys.setprofile(None)
    return _summary(counter.entered)


def _prepared(service: str) -> Callable[[], None]:
    # Imported here, after the profile function was set for the threads that they start.
    from cds_hooks.settings.settings import demo_settings
    from tests import stores

    application = stores.served(demo_settings(), stores.recorder()).wsgi_app
    request = ROOT / "fixtures" / "requests" / f"{service}-fires.{service}.json"
    body = request.read_bytes()

    def call() -> None:
        status: list[str] = []
        answer = application(_environ(service, body), lambda text, *_: _told(status, text))
        assert b"".join(answer)
        assert status == ["200 OK"]

    return call


def _told(status: list[str], text: str) -> Callable[[bytes], object]:
    status.append(text)
    return lambda _: None


def _environ(service: str, body: bytes) -> dict[str, Any]:
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": f"/cds-services/{service}",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.input": io.BytesIO(body),
    }
    setup_testing_defaults(environ)
    return environ


def _summary(entered: Counter[CodeType]) -> LineProfile:
    ours = [code for code in entered if code.co_filename.startswith(OURS)]
    modules = dict.fromkeys(str(Path(code.co_filename).relative_to(ROOT)) for code in ours)
    functions = dict.fromkeys(f"{_module(code)}.{code.co_qualname}" for code in ours)
    return LineProfile(
        calls=entered.total(),
        ours=sum(entered[code] for code in ours),
        modules=tuple(modules),
        functions=tuple(functions),
    )


def _module(code: CodeType) -> str:
    path = Path(code.co_filename).relative_to(ROOT).with_suffix("")
    return ".".join(path.parts)


if __name__ == "__main__":
    print(json.dumps(asdict(profiled(sys.argv[1] if len(sys.argv) > 1 else "af-stroke-risk"))))
