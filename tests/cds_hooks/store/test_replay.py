from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from click.testing import CliRunner, Result
from msgspec.structs import replace
from sqlalchemy import select, update

from cds_hooks.admin.replaying import find
from cds_hooks.bundles.bundle_calls import hook_body
from cds_hooks.bundles.ehr import resources
from cds_hooks.commands.cli import main
from cds_hooks.engine.answer import Answer
from cds_hooks.engine.discovery import offered
from cds_hooks.engine.model_set import Models
from cds_hooks.engine.patient import Risk
from cds_hooks.engine.respond import respond
from cds_hooks.engine.service import services
from cds_hooks.model_registry.versions import shipped, trained_version
from cds_hooks.protocol.json import read_request
from cds_hooks.settings.models import ModelSettings
from cds_hooks.settings.store import StoreSettings
from cds_hooks.store.assessments import KeptAssessments, pack, unpack
from cds_hooks.store.call_rows import records
from cds_hooks.store.pseudonyms import Keys
from cds_hooks.store.replay import Find, NotInstalled, Replayed, replayed
from cds_hooks.store.schema import Row, calls
from cds_hooks.store.startup import prepared, recorder
from predictors import catalogue
from predictors.predictor import Predictor
from predictors.training.artefact import write
from tests.cds_hooks.model_registry import model_service
from tests.cds_hooks.store.calls import answer, call
from tests.charts import ALL_LIVE, DIABETES, NOW, at_risk, patient, problem, result
from tests.golden import FIXTURES
from tests.predictors.synthetic import declared, trained

RISK = "cardiovascular-risk"
CHART = (patient(), *at_risk())
KEYS = Keys((b"the secret of the tests",))
COMPUTED = {RISK, "kidney-risk", "liver-fibrosis", "patient-risks"}


def kept(answered: Answer, **keeping: Any) -> KeptAssessments:
    """The assessments that an answer leaves."""
    batch = records(answered, call(), settings=StoreSettings(**keeping), keys=KEYS)
    return unpack(content(batch["calls"][0]))


def content(row: Row) -> bytes:
    assert isinstance(row["assessments"], bytes)
    return row["assessments"]


def of_score(**keeping: Any) -> KeptAssessments:
    return kept(answer(*CHART, service=RISK), **keeping)


def of_model(name: str, version: str) -> Predictor:
    assert (name, version) == ("test-risk", "one")
    return model_service.version("one")


def installed(name: str, version: str) -> Predictor:
    return find(name, version, settings=ModelSettings())


def again(found: KeptAssessments, find: Find = installed, **changed: Any) -> Replayed:
    """The first of the assessments, computed again after what is changed in it."""
    first = replace(found.assessments[0], **changed)
    return replayed(first, found.facts_of(first), find)


@pytest.mark.parametrize("service", sorted(services()))
def test_what_was_kept_of_any_service_comes_to_the_same_again(service: str) -> None:
    chart = (
        *CHART,
        problem(DIABETES),
        *(result("creatinine", 1.4, f"202{year}-03-01T08:00:00Z") for year in range(1, 6)),
        *(result(name, value) for name, value in (("ast", 80), ("alt", 40), ("platelets", 90))),
        *(result(name, value) for name, value in (("heart_rate", 130), ("resp_rate", 26))),
    )
    left = kept(answer(*chart, service=service))
    computed = [each for each in left.assessments if each.inputs is not None]
    found = [replayed(each, left.facts_of(each), installed) for each in computed]
    assert {each.verdict for each in found} <= {"agrees"}, found
    assert found or service not in COMPUTED


SAMPLES = sorted((FIXTURES / "patients").glob("*.json"))


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_every_assessment_of_every_sample_comes_to_the_same_again(sample: Path) -> None:
    held = resources(sample.read_bytes())
    every = offered(services()["patient-risks"], ALL_LIVE)
    request = read_request(hook_body(held, every, hook_instance=str(uuid4())), every.service.hook)
    answered = respond(every, request, now=NOW)
    left = kept(answered)
    made = [each for evaluation in answered.evaluations for each in evaluation.assessments]
    assert len(left.assessments) == len(made)
    computed = [each for each in left.assessments if each.predictions]
    assert len(computed) == sum(isinstance(each, Risk) for each in made)
    found = [replayed(each, left.facts_of(each), installed) for each in computed]
    assert {each.verdict for each in found} <= {"agrees"}, found


def test_the_risk_and_what_each_input_adds_are_computed_again() -> None:
    found = again(of_score())
    assert (found.predictor, found.verdict, found.because) == ("prevent", "agrees", ())
    assert "ASCVD 0.111886" in found.risk


def changed(found: KeptAssessments, **parts: Any) -> dict[str, Any]:
    """The first prediction of the first assessment with these parts instead."""
    first, *others = found.assessments[0].predictions
    return {"predictions": (replace(first, **parts), *others)}


def test_another_risk_differs() -> None:
    left = of_score()
    found = again(left, **changed(left, value=0.5))
    assert found.verdict == "differs"
    assert "value was 0.5" in found.because[0]


def test_another_contribution_differs() -> None:
    left = of_score()
    parts = left.assessments[0].predictions[0].parts
    assert parts
    name = next(iter(parts))
    found = again(left, **changed(left, parts=parts | {name: 9.0}))
    assert found.verdict == "differs"
    assert f"{name} added 9" in found.because[0]


def test_an_outcome_that_is_not_predicted_any_more_differs() -> None:
    left = of_score()
    found = again(left, **changed(left, outcome="another"))
    assert found.because == ("other outcomes are predicted now",)


def test_inputs_that_are_refused_now_differ() -> None:
    left = of_score()
    facts = [replace(each, given=999.0) if each.name == "sbp" else each for each in left.facts]
    found = again(replace(left, facts=tuple(facts)))
    assert found.verdict == "differs"
    assert found.because[0].startswith("now refused: sbp 999 is outside")


@pytest.mark.parametrize(("keeping", "said"), [("hashed", "digest"), ("none", "not kept")])
def test_without_the_inputs_it_says_so(keeping: str, said: str) -> None:
    found = again(of_score(inputs=keeping))
    assert found.verdict == "not replayed"
    assert said in found.because[0]
    assert keeping in found.because[0]


def test_a_refusal_is_told_with_its_reasons() -> None:
    found = again(kept(answer(patient(), result("sbp", 150), service=RISK)))
    assert found.verdict == "not replayed"
    assert found.because[0].startswith("it was refused: ")


def test_a_version_that_is_not_installed_is_not_replayed() -> None:
    found = again(of_score(), version="0")
    assert found.verdict == "not replayed"
    assert found.because[0].startswith("version 0 is not installed, but ")
    gone = again(of_score(), predictor="gone")
    assert gone.because == ("there is no score or model gone any more",)


def test_a_models_risk_and_contributions_are_computed_again() -> None:
    answered = model_service.answer(
        *CHART, models=Models({"test-risk": of_model("test-risk", "one")})
    )
    left = kept(answered)
    assert left.assessments[0].predictions[0].parts
    assert again(left, of_model).verdict == "agrees"
    assert again(left, of_model, **changed(left, baseline=0.25)).verdict == "differs"


def test_a_model_is_asked_through_the_gate_in_the_version_that_was_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = declared(folder=tmp_path / "package" / "test_risk")
    write(trained(model))
    monkeypatch.setattr(catalogue, "tree_models", lambda: {"test-risk": model})
    version = trained_version(shipped(model))
    assert installed("test-risk", version).version == version
    with pytest.raises(NotInstalled, match=f"there are: {version}"):
        installed("test-risk", "another")
    text = tmp_path / "package" / "test_risk" / "model.txt"
    text.write_text(text.read_text().replace("leaf_value=", "leaf_value=9", 1))
    with pytest.raises(NotInstalled, match="must not be asked"):
        installed("test-risk", version)


@pytest.fixture
def shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A card that was issued and kept in the working directory; its uuid."""
    monkeypatch.chdir(tmp_path)
    remembering = prepared(StoreSettings())
    answered = answer(*CHART, service=RISK)
    remembering.record(answered, call())
    remembering.store.close()
    return str(answered.issued[0].card.uuid)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["replay", *arguments])


def test_the_command_tells_for_each_assessment_of_the_card_that_it_agrees(shown: str) -> None:
    for spelled in (shown, f"urn:uuid:{shown.upper()}"):
        result = run(spelled)
        assert result.exit_code == 0, result.output
        first, *others = result.output.splitlines()
        assert first.startswith(f"{RISK}, warning, 2026-03-15T12:00:00")
        assert any(line.startswith("prevent ") and "agrees: " in line for line in others)


def test_the_command_fails_where_anything_differs(shown: str) -> None:
    store = recorder(StoreSettings()).store
    with store.begin() as connection:
        left = unpack(connection.scalar(select(calls.c.assessments)) or b"")
        facts = [replace(each, given=160.0) if each.name == "sbp" else each for each in left.facts]
        other = pack(replace(left, facts=tuple(facts)))
        connection.execute(update(calls).values(assessments=other))
    store.close()
    result = run(shown)
    assert result.exit_code == 1
    assert "differs" in result.output


def test_the_command_says_that_a_card_is_not_known(shown: str) -> None:
    for arguments in (("another",), (shown, "--client", "another")):
        result = run(*arguments)
        assert result.exit_code == 1
        assert "no such card is kept" in result.output
        assert isinstance(result.exception, SystemExit)


def test_the_command_says_that_nothing_is_kept_any_more(shown: str) -> None:
    store = recorder(StoreSettings()).store
    with store.begin() as connection:
        connection.execute(calls.delete())
    store.close()
    result = run(shown)
    assert result.exit_code == 1
    assert "no assessment that is still kept" in result.output
