"""A PostgreSQL server for the tests: run as another user where the tests are root's, as it must."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from pytest_postgresql.janitor import DatabaseJanitor

from tests.servers import children

PORT = 5432
"""It only names the socket: the server listens on no network."""

UNPRIVILEGED = "nobody"

_NUMBERS = count()


@dataclass(frozen=True, slots=True)
class Postgres:
    """A running server: where its programs are, and the folder of its socket."""

    programs: Path
    folder: Path

    def start(self) -> None:
        """Starts it and waits until it takes connections; also after it was killed."""
        data, log = self.folder / "data", self.folder / "log"
        listening = f"-k {self.folder} -p {PORT} -h ''"
        _run(self.programs / "pg_ctl", "-D", data, "-w", "-l", log, "-o", listening, "start")

    def processes(self) -> list[int]:
        """The process that has started the others, and the others; none while it is down."""
        written = self.folder / "data" / "postmaster.pid"
        if not written.exists():
            return []
        first = int(written.read_text(encoding="utf-8").splitlines()[0])
        return [first, *children(first)]

    def url(self, database: str) -> str:
        """The URL of one of its databases."""
        return f"postgresql://postgres@/{database}?host={self.folder}"

    @contextmanager
    def database(self, template: str | None = None) -> Iterator[str]:
        """The name of a database of its own, a copy of the template if there is one."""
        name = f"test_{next(_NUMBERS)}"
        with DatabaseJanitor(
            user="postgres",
            host=str(self.folder),
            port=PORT,
            dbname=name,
            template_dbname=template,
        ):
            yield name


def programs() -> Path | None:
    """The folder of the server's programs, of the newest version; None if it is not installed."""
    if found := shutil.which("pg_ctl"):
        return Path(found).parent
    installed = Path("/usr/lib/postgresql").glob("*/bin/pg_ctl")
    newest = max(installed, key=lambda path: int(path.parent.parent.name), default=None)
    return newest.parent if newest else None


@contextmanager
def running(found: Path) -> Iterator[Postgres]:
    """A server of these programs, until the end of the block."""
    with TemporaryDirectory(ignore_cleanup_errors=True) as made:
        folder = Path(made)
        if os.geteuid() == 0:
            shutil.chown(folder, UNPRIVILEGED)
        data = folder / "data"
        _run(found / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "--no-sync")
        server = Postgres(found, folder)
        server.start()
        try:
            yield server
        finally:
            _run(found / "pg_ctl", "-D", data, "-m", "immediate", "stop")


def _run(program: Path, *arguments: str | Path) -> None:
    as_another = ["runuser", "-u", UNPRIVILEGED, "--"] if os.geteuid() == 0 else []
    # The server would go on using the pipes, so there are none.
    subprocess.run(
        [*as_another, program, *arguments],
        check=True,
        cwd="/",
        env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
