from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import update

from cds_hooks.commands.cli import main
from cds_hooks.commands.replay import find
from cds_hooks.engine.answer import Answer
from cds_hooks.engine.model_set import Models
from cds_hooks.engine.service import services
from cds_hooks.model_registry.versions import shipped, trained_version
from cds_hooks.settings.models import ModelSettings
from cds_hooks.settings.store import StoreSettings
from cds_hooks.store.call_rows import records
from cds_hooks.store.pseudonyms import Keys
from cds_hooks.store.replay import NotInstalled, replayed
from cds_hooks.store.schema import Row, assessments
from cds_hooks.store.startup import prepared, recorder
from predictors import catalogue
from predictors.predictor import Predictor
from predictors.training.artefact import write
from tests.cds_hooks.model_registry import model_service
from tests.cds_hooks.store.calls import answer, call, decoded
from tests.charts import DIABETES, at_risk, patient, problem, result
from tests.predictors.synthetic import declared, trained

RISK = "cardiovascular-risk"
CHART = (patient(), *at_risk())
KEYS = Keys((b"the secret of the tests",))
COMPUTED = {RISK, "kidney-risk", "liver-fibrosis", "patient-risks"}


def rows(answered: Answer, **keeping: Any) -> list[dict[str, Any]]:
    """The assessments that an answer leaves."""
    batch = records(answered, call(), settings=StoreSettings(**keeping), keys=KEYS)
    return [dict(row) for row in batch["assessments"]]


def of_score(**keeping: Any) -> dict[str, Any]:
    return rows(answer(*CHART, service=RISK), **keeping)[0]


def of_model(name: str, version: str) -> Predictor:
    assert (name, version) == ("test-risk", "one")
    return model_service.version("one")


def installed(name: str, version: str) -> Predictor:
    return find(name, version, settings=ModelSettings())


@pytest.mark.parametrize("service", sorted(services()))
def test_what_was_kept_of_any_service_comes_to_the_same_again(service: str) -> None:
    chart = (
        *CHART,
        problem(DIABETES),
        *(result("creatinine", 1.4, f"202{year}-03-01T08:00:00Z") for year in range(1, 6)),
        *(result(name, value) for name, value in (("ast", 80), ("alt", 40), ("platelets", 90))),
        *(result(name, value) for name, value in (("heart_rate", 130), ("resp_rate", 26))),
    )
    kept = [row for row in rows(answer(*chart, service=service)) if row["inputs"] is not None]
    found = [replayed(row, installed) for row in kept]
    assert {each.verdict for each in found} <= {"agrees"}, found
    assert found or service not in COMPUTED


def test_the_risk_and_what_each_input_adds_are_computed_again() -> None:
    found = replayed(of_score(), installed)
    assert (found.predictor, found.verdict, found.because) == ("prevent", "agrees", ())
    assert "ASCVD 0.111886" in found.risk


def changed(row: dict[str, Any], column: str, old: str, new: str) -> Row:
    assert old in row[column]
    return row | {column: row[column].replace(old, new, 1)}


def test_another_risk_differs() -> None:
    row = of_score()
    value = decoded(row["predictions"])[0]["value"]
    found = replayed(changed(row, "predictions", f'"value":{value}', '"value":0.5'), installed)
    assert found.verdict == "differs"
    assert "value was 0.5" in found.because[0]


def test_another_contribution_differs() -> None:
    row = of_score()
    parts = next(iter(decoded(row["contributions"]).values()))["parts"]
    name = next(iter(parts))
    found = replayed(changed(row, "contributions", f'"{name}":', f'"{name}":9'), installed)
    assert found.verdict == "differs"
    assert f"{name} added 9" in found.because[0]


def test_an_outcome_that_is_not_predicted_any_more_differs() -> None:
    row = of_score()
    outcome = decoded(row["predictions"])[0]["outcome"]
    found = replayed(changed(row, "predictions", outcome, "another"), installed)
    assert found.because == ("other outcomes are predicted now",)


def test_inputs_that_are_refused_now_differ() -> None:
    row = of_score()
    found = replayed(changed(row, "inputs", '"given":150.0', '"given":999.0'), installed)
    assert found.verdict == "differs"
    assert found.because[0].startswith("now refused: sbp 999 is outside")


@pytest.mark.parametrize(("keeping", "said"), [("hashed", "digest"), ("none", "not kept")])
def test_without_the_inputs_it_says_so(keeping: str, said: str) -> None:
    found = replayed(of_score(inputs=keeping), installed)
    assert found.verdict == "not replayed"
    assert said in found.because[0]
    assert keeping in found.because[0]


def test_a_refusal_is_told_with_its_reasons() -> None:
    refused = rows(answer(patient(), result("sbp", 150), service=RISK))
    found = replayed(refused[0], installed)
    assert found.verdict == "not replayed"
    assert found.because[0].startswith("it was refused: ")


def test_a_version_that_is_not_installed_is_not_replayed() -> None:
    found = replayed(of_score() | {"version": "0"}, installed)
    assert found.verdict == "not replayed"
    assert found.because[0].startswith("version 0 is not installed, but ")
    gone = replayed(of_score() | {"predictor": "gone"}, installed)
    assert gone.because == ("there is no score or model gone any more",)


def test_a_models_risk_and_contributions_are_computed_again() -> None:
    answered = model_service.answer(
        *CHART, models=Models({"test-risk": of_model("test-risk", "one")})
    )
    (row,) = rows(answered)
    assert row["contributions"] is not None
    assert replayed(row, of_model).verdict == "agrees"
    harm = decoded(row["contributions"])["harm"]
    wrong = changed(row, "contributions", f'"baseline":{harm["baseline"]}', '"baseline":0.25')
    assert replayed(wrong, of_model).verdict == "differs"


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
        row = connection.execute(assessments.select()).first()
        assert row
        text = row.inputs.replace('"given":150.0', '"given":160.0')
        connection.execute(
            update(assessments).where(assessments.c.id == row.id).values(inputs=text)
        )
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
        connection.execute(assessments.delete())
    store.close()
    result = run(shown)
    assert result.exit_code == 1
    assert "no assessment that is still kept" in result.output
