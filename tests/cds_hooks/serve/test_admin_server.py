import os
import subprocess
import sys
from pathlib import Path

import requests

from tests import stores
from tests.servers import ROOT, free_port

COMMAND = "from cds_hooks.commands.cli import main; main()"


def test_the_command_serves_the_pages_and_the_metrics_of_a_store(tmp_path: Path) -> None:
    kept, port = stores.placed(), free_port()
    (tmp_path / "cds-hooks.secret").write_text("the secret of the tests, which is long")
    (tmp_path / "cds.toml").write_text(f'[store]\nurl = "{kept.url}"\n')
    arguments = ["admin", "--demo", "--port", str(port), "--config", "cds.toml"]
    with subprocess.Popen(
        [sys.executable, "-c", COMMAND, *arguments],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as started:
        try:
            assert started.stdout
            assert b"Admin app" in started.stdout.readline()
            base = f"http://127.0.0.1:{port}"
            assert "No call and no card" in requests.get(base, timeout=30).text
            assert "cds_hooks_database_up 1.0" in requests.get(f"{base}/metrics", timeout=30).text
        finally:
            started.terminate()
