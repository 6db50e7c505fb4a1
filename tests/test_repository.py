"""The repository as a stranger finds it: nothing of our machines in it, its wheel complete."""

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from tests.conftest import missing

ROOT = Path(__file__).parent.parent
PACKAGES = ("cds_hooks", "fhir_adapters", "predictors")
SAMPLES = {
    "fixtures/patients": "cds_hooks/samples/patients",
    "fixtures/synthea": "cds_hooks/samples/synthea",
}
OUR_MACHINES = re.compile(
    r"(?<![\w.-])/(work|tmp|root|home)/"
    r"|pypi\.org|pythonhosted\.org|registry\.npmjs\.org|deb\.debian\.org|proxy\.golang\.org"
)


def tracked() -> list[Path]:
    """Every file that git keeps, relative to the root."""
    if not (ROOT / ".git").exists():
        missing("not a git checkout")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, stdout=subprocess.PIPE)
    return [Path(name) for name in listed.stdout.decode().split("\0") if name]


def version() -> str:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return str(project["version"])


def test_no_file_names_a_machine_or_a_registry() -> None:
    here = Path(__file__).relative_to(ROOT)
    texts = {
        path: (ROOT / path).read_text(encoding="utf-8", errors="replace")
        for path in tracked()
        if path != here and (ROOT / path).is_file()
    }
    assert texts
    found = {
        str(path): hit[0] for path, text in texts.items() if (hit := OUR_MACHINES.search(text))
    }
    assert not found


def test_the_changelog_begins_with_this_version_or_what_is_unreleased() -> None:
    newest = re.search(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert newest
    assert newest[1] in {"Unreleased", version()}


@pytest.mark.parametrize("package", PACKAGES)
def test_every_package_says_that_it_is_typed(package: str) -> None:
    assert (ROOT / package / "py.typed").is_file()


def test_every_ignored_lint_rule_has_its_reason() -> None:
    lint = (ROOT / "pyproject.toml").read_text("utf-8").partition("[tool.ruff.lint]")[2]
    ignores = lint.partition("\nignore = [")[2].partition("[tool.ruff.lint.isort]")[0]
    rules = re.findall(r'^ +"[A-Z]+\d*",(.*)$', ignores, re.MULTILINE)
    assert rules
    assert all(re.match(r" +# \w", comment) for comment in rules)


def test_every_lint_rule_ignored_on_a_line_has_its_reason() -> None:
    here = Path(__file__).relative_to(ROOT)
    lines = [
        f"{path}:{number}: {line}"
        for path in tracked()
        if path.suffix == ".py" and path != here and (ROOT / path).is_file()
        for number, line in enumerate((ROOT / path).read_text("utf-8").splitlines(), start=1)
        if "# noqa" in line
    ]
    assert [line for line in lines if not re.search(r"# noqa: [A-Z\d, ]+ - \w", line)] == []


@pytest.mark.long
def test_the_wheel_holds_every_file_of_the_packages_and_the_samples(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path)]
    subprocess.run([*build, str(ROOT)], check=True, stdout=subprocess.DEVNULL)
    (wheel,) = tmp_path.glob("*.whl")
    packaged = {path.as_posix() for path in tracked() if path.parts[0] in PACKAGES}
    samples = {
        f"{SAMPLES[path.parent.as_posix()]}/{path.name}"
        for path in tracked()
        if path.parent.as_posix() in SAMPLES and path.suffix == ".json"
    }
    with zipfile.ZipFile(wheel) as archive:
        held = set(archive.namelist())
    assert packaged <= held
    assert {name for name in held if name.startswith("cds_hooks/samples/")} == samples
