"""What is decided on the page is what a server answers once it has read its settings again."""

import re
import shutil
from pathlib import Path

import msgspec
import pytest
from flask.testing import FlaskClient

from cds_hooks.admin.app import create_admin
from cds_hooks.settings.file import load
from cds_hooks.store.assessments import unpack
from cds_hooks.store.recorder import Recorder
from cds_hooks.store.schema import calls
from predictors import catalogue, manifest
from predictors.model_folder import MANIFEST
from predictors.training.artefact import seal
from predictors.tree_model import require_model
from tests import stores
from tests.cds_hooks.admin.filled_store import called

NAME = "breast-cancer-recurrence"


@pytest.fixture
def toml(tmp_path: Path) -> Path:
    """A site with a version of its own, which differs from the package's by its name alone."""
    shipped = require_model(catalogue.tree_models()[NAME]).folder
    own = tmp_path / "site" / NAME / "spring"
    shutil.copytree(shipped, own, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    made = manifest.read((own / MANIFEST).read_bytes())
    seal(own, msgspec.structs.replace(made, version="spring"))
    written = tmp_path / "cds.toml"
    written.write_text(
        f'[admin]\ndecisions = "{tmp_path}/decisions.ndjson"\n'
        f'[models]\nfolder = "{tmp_path}/site"\nverdicts = "{tmp_path}/verdicts.json"\n'
    )
    return written


@pytest.fixture
def recorder() -> Recorder:
    return stores.recorder()


@pytest.fixture
def page(toml: Path, recorder: Recorder) -> FlaskClient:
    return create_admin(load(toml), recorder, demo=True).test_client()


def decide(page: FlaskClient, kind: str, subject: str, choice: str) -> None:
    token = re.search(r'name="token" value="([^"]+)"', page.get("/models").text)
    assert token
    form = {"token": token[1], "subject": subject, "choice": choice, "reason": "the vote"}
    answer = page.post(f"/models/{kind}", data=form)
    assert answer.status_code == 303, answer.text


def answering(toml: Path, recorder: Recorder, number: int) -> set[tuple[str, str | None]]:
    """Mode and version of each assessment by the model, in a call answered after a reload."""
    called(stores.served(load(toml), recorder).test_client(), NAME, number)
    with recorder.store.reading() as connection:
        rows = connection.execute(calls.select().where(calls.c.event == "call")).all()
    (row,) = (each for each in rows if each.hook_instance.endswith(f"{number:012d}"))
    made = unpack(row.assessments).assessments
    return {(each.mode, each.version) for each in made if each.predictor == NAME}


def test_a_version_is_shadowed_then_activated_from_the_page(
    toml: Path, recorder: Recorder, page: FlaskClient
) -> None:
    decide(page, "service", NAME, "live")
    ((_, before),) = answering(toml, recorder, 1)
    decide(page, "version", NAME, "challenger spring")
    assert answering(toml, recorder, 2) == {("live", before), ("shadow", "spring")}
    decide(page, "version", NAME, "active spring")
    assert answering(toml, recorder, 3) == {("live", "spring")}
    decide(page, "version", NAME, "active shipped")
    assert answering(toml, recorder, 4) == {("live", before)}


def test_a_service_is_offered_or_not_as_it_was_decided_on_the_page(
    toml: Path, recorder: Recorder, page: FlaskClient
) -> None:
    def offered() -> set[str]:
        found = stores.served(load(toml), recorder).test_client().get("/cds-services").get_json()
        return {each["id"] for each in found["services"]}

    assert "medication-safety" in offered()
    decide(page, "service", "medication-safety", "off")
    assert "medication-safety" not in offered()
    decide(page, "service", "medication-safety", "live")
    assert "medication-safety" in offered()
