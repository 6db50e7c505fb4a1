"""The ten minutes of the quick start are commands that work."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from cds_hooks.commands.cli import main
from cds_hooks.settings.settings import demo_settings
from cds_hooks.store.export import exported
from tests.conftest import missing
from tests.stores import recorder, served

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


def test_feedback_that_a_person_gave_is_found_as_the_page_says() -> None:
    keeping = recorder()
    client = served(demo_settings(), keeping).test_client()
    sample = {"sample": "lab-safety-fires", "service": "lab-safety"}
    shown = client.post("/try", data=sample).get_data(as_text=True)
    form = dict(re.findall(r'name="(service|card)" value="([^"]+)"', shown))
    told = {"outcome": "overridden", "reason": "patient-refuses", "comment": "not before June"}
    assert client.post("/try/feedback", data=form | told).status_code == 303
    (sought,) = re.findall(r"cds-hooks db export \| grep '(.+)'", PAGE)
    (row,) = [line.decode() for line in exported(keeping.store) if sought in line.decode()]
    assert all(each in row for each in (form["card"], *told.values()))


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_has_the_options_that_it_is_given(line: str) -> None:
    name, *words = line.partition("cds-hooks ")[2].split()
    known = {option for each in main.commands[name].params for option in each.opts}
    assert {word for word in words if word.startswith("--")} <= known


def test_every_page_that_it_points_to_is_there() -> None:
    for link in re.findall(r"\]\(([^)#]+)", PAGE):
        assert (ROOT / "docs" / link).is_file(), link
