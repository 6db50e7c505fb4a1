"""A port that cannot be listened on is one sentence with what to do."""

import socket
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from cds_hooks.commands.cli import main
from cds_hooks.commands.free_port import require_free


def test_a_free_port_is_not_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = int(taken.getsockname()[1])
    require_free("127.0.0.1", port)


def test_a_busy_port_is_one_sentence_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = CliRunner().invoke(main, ["serve", "--demo", "--port", str(port)])
    assert result.exit_code == 1
    assert result.output.startswith(f"Error: another program listens on port {port} of 127.0.0.1:")
    assert "with --port" in result.output
    assert result.output.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_an_address_of_another_computer_is_told() -> None:
    with pytest.raises(click.ClickException, match=r"cannot listen on 192\.0\.2\.1: .* --host"):
        require_free("192.0.2.1", 8000)
