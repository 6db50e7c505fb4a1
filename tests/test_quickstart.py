"""The ten minutes of the quick start are commands that work."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from cds_hooks.cli import main
from tests.conftest import missing

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "quickstart.md").read_text(encoding="utf-8")
SHELL = "\n".join(re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)).splitlines()
COMMANDS = [re.sub(r"\s+#.*| > .*", "", line) for line in SHELL if "cds-hooks " in line]


def ran(line: str) -> str:
    done = CliRunner().invoke(main, line.partition("cds-hooks ")[2].split())
    assert done.exit_code == 0, done.output
    return done.output


def test_a_client_is_made_checked_and_examined(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not shutil.which("openssl"):
        missing("no openssl: on Debian, sudo apt-get install openssl")
    monkeypatch.chdir(tmp_path)
    (made,) = (line for line in SHELL if line.startswith("openssl "))
    subprocess.run(made.split(), check=True)
    (block,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    Path("cds.toml").write_text(block, encoding="utf-8")
    keys, check, doctor = (
        next(line for line in COMMANDS if f"cds-hooks {name} " in line)
        for name in ("jwks", "check-config", "doctor")
    )
    Path("jwks.json").write_text(ran(keys), encoding="utf-8")
    assert 'public_url = "http://127.0.0.1:8001"' in ran(check)
    assert "1 key: test-1 (ES384)" in ran(doctor)


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_has_the_options_that_it_is_given(line: str) -> None:
    name, *words = line.partition("cds-hooks ")[2].split()
    known = {option for each in main.commands[name].params for option in each.opts}
    assert {word for word in words if word.startswith("--")} <= known


def test_every_page_that_it_points_to_is_there() -> None:
    for link in re.findall(r"\]\(([^)#]+)", PAGE):
        assert (ROOT / "docs" / link).is_file(), link
