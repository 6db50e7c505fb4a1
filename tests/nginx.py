"""deploy/nginx/cds-hooks.conf, run in front of servers; only addresses and paths are others."""

import socket
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import sleep
from types import MappingProxyType
from typing import Any

import requests

from tests.authority import Authority
from tests.servers import ROOT, free_port

SHIPPED = (ROOT / "deploy" / "nginx" / "cds-hooks.conf").read_text(encoding="utf-8")
AROUND = """\
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
    access_log off;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
{shipped}
}}
"""


class Nginx:
    """nginx with the shipped file, in which only addresses and paths are others."""

    def __init__(self, program: str, folder: Path, authority: Authority) -> None:
        self.program = program
        self.folder = folder
        self.authority = authority
        self.port = free_port()
        self.url = f"https://127.0.0.1:{self.port}"

    def configured(self, upstreams: Sequence[int], changes: Mapping[str, str]) -> str:
        certificate, key = self.authority.sign("server")
        servers = "\n".join(f"    server 127.0.0.1:{port};" for port in upstreams)
        changed = SHIPPED
        for old, new in {
            "    server 127.0.0.1:8000;": servers,
            "listen 443 ssl": f"listen 127.0.0.1:{self.port} ssl",
            "/etc/nginx/cds-hooks/server.crt": certificate,
            "/etc/nginx/cds-hooks/server.key": key,
            "/etc/nginx/cds-hooks/clients-ca.crt": str(self.authority.file),
            "/run/cds-hooks-bodies": str(self.folder / "bodies"),
            **changes,
        }.items():
            assert changed.count(old) == 1, old
            changed = changed.replace(old, new)
        return AROUND.format(folder=self.folder, shipped=changed)

    @contextmanager
    def serving(
        self, *upstreams: int, changes: Mapping[str, str] = MappingProxyType({})
    ) -> Iterator["Nginx"]:
        """Runs in front of these ports."""
        file = self.folder / "nginx.conf"
        file.write_text(self.configured(upstreams, changes))
        errors = self.folder / "error.log"
        command = [self.program, "-e", str(errors), "-p", str(self.folder), "-c", str(file)]
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as started:
            try:
                while not self._listens():
                    assert started.poll() is None, errors.read_text()
                    sleep(0.02)
                yield self
            finally:
                started.terminate()

    def _listens(self) -> bool:
        with socket.socket() as asked:
            return asked.connect_ex(("127.0.0.1", self.port)) == 0

    def ask(self, path: str = "/", **more: Any) -> requests.Response:
        """Calls as a client that trusts the authority."""
        method = "POST" if "data" in more else "GET"
        trusted = str(self.authority.file)
        return requests.request(method, self.url + path, verify=trusted, timeout=30, **more)
