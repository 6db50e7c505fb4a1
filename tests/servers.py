"""The server as processes of its own, which a test may kill while they work."""

import os
import random
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from time import sleep

ROOT = Path(__file__).parent.parent
SERVE = (sys.executable, "-c", "from cds_hooks.commands.cli import main; main()", "serve")


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


class Server:
    """The server with a folder as its working directory, started anew as often as it is killed.

    `site` is the text of its cds.toml; without `demo` it serves the clients in it. `under` is a
    program that starts it, such as strace.
    """

    def __init__(
        self, folder: Path, *, site: str = "", demo: bool = True, under: Sequence[str] = ()
    ) -> None:
        self.folder = folder
        self.demo = ("--demo",) if demo else ()
        self.port = free_port()
        self.under = under
        self.url = f"http://127.0.0.1:{self.port}"
        (folder / "cds.toml").write_text(site, encoding="utf-8")
        (folder / "cds-hooks.secret").write_text("the secret of the tests, which is long")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts it and waits until it says that it is ready."""
        environment = os.environ | {"PORT": str(self.port), "PYTHONPATH": str(ROOT)}
        self._process = subprocess.Popen(
            [*self.under, *SERVE, *self.demo, "--config", "cds.toml"],
            cwd=self.folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        assert self._process.stdout
        assert any(line == b"\n" for line in self._process.stdout), "the server ended"

    @property
    def pid(self) -> int:
        """The process that was started: of the server itself, unless it runs under a program."""
        assert self._process
        return self._process.pid

    def kill_a_worker(self) -> None:
        """kill -9 of one of the processes that answer; the arbiter starts another."""
        if self._process and (workers := children(self._process.pid)):
            kill(random.choice(workers))  # noqa: S311 - which one is of no importance

    def kill(self) -> None:
        """kill -9 of every process of it at once."""
        if self._process:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            if self._process.stdout:
                self._process.stdout.close()
        self._process = None

    def stop(self) -> None:
        """Ends it as an operator does."""
        if self._process:
            os.killpg(self._process.pid, signal.SIGTERM)
            self._process.wait(timeout=30)
        self.kill()


def children(process: int) -> list[int]:
    """The processes that this one has started."""
    listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], check=True, stdout=subprocess.PIPE)
    pairs = (line.split() for line in listed.stdout.decode().splitlines())
    return [int(pid) for pid, parent in pairs if int(parent) == process]


def kill(*processes: int) -> None:
    """kill -9 of each that is not gone already, and waits until its parent has noticed."""
    for process in processes:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
    while any(map(_there, processes)):
        sleep(0.01)


def _there(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True
