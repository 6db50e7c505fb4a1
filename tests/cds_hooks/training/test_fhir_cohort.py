import csv
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from cds_hooks.bundles.bundle_calls import evaluations
from cds_hooks.engine.model_set import NO_MODELS, Models
from cds_hooks.engine.patient import Risk
from cds_hooks.settings.settings import Settings
from cds_hooks.training import fhir_cohort
from cds_hooks.training.fhir_cohort import Charted, UnusableData
from predictors.models.readmission_risk import readmission_risk
from predictors.predictor import Link, Prediction, Predictor
from predictors.scores.fib4 import fib4
from predictors.scores.lace import lace
from predictors.scores.prevent import prevent_10y
from predictors.training.cohort import Survival
from predictors.training.progress import silent
from predictors.tree_model import tree_model
from tests.charts import at_risk, patient, result

THEN = "2026-03-15T12:00:00Z"


def chart(id: str, *resources: dict[str, Any], **person: Any) -> bytes:
    subject = {"reference": f"Patient/{id}"}
    held = [patient(id=id, **person), *({**each, "subject": subject} for each in resources)]
    return msgspec.json.encode(
        {"resourceType": "Bundle", "entry": [{"resource": each} for each in held]}
    )


def read(folder: Path, predictor: Predictor = prevent_10y) -> Charted:
    return fhir_cohort.cohort_of_charts(
        folder, predictor, settings=Settings(), models=NO_MODELS, progress=silent
    )


def risk_of(bundle: Path) -> Prediction:
    """What the service's own answer to that chart says."""
    asked = datetime.fromisoformat(THEN)
    made = evaluations(bundle.read_bytes(), settings=Settings(), as_of=asked, models=NO_MODELS)
    for _, evaluation in made:
        for each in evaluation.assessments:
            if isinstance(each, Risk) and each.assessment.predictor.name == prevent_10y.name:
                return each.assessment.predictions[0]
    raise AssertionError("not assessed")


def outcomes(folder: Path, *rows: dict[str, str]) -> None:
    with (folder / "outcomes.csv").open("w", newline="") as file:
        written = csv.DictWriter(file, rows[0])
        written.writeheader()
        written.writerows(rows)


def row(id: str, outcome: str = "0", as_of: str = THEN, **more: str) -> dict[str, str]:
    return {"id": id, "as_of": as_of, "outcome": outcome, **more}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.json").write_bytes(chart("a", *at_risk()))
    lines = (chart("b", *at_risk(), gender="female"), chart("c", result("sbp", 120)))
    (tmp_path / "more.ndjson").write_bytes(b"\n".join(lines) + b"\n\n")
    outcomes(tmp_path, row("a", "1", ward="1"), row("b", ward="2"), row("c", ward="2"))
    return tmp_path


def test_charts_are_assessed_and_joined_with_their_outcomes(folder: Path) -> None:
    charted = read(folder)
    assert charted.cohort.events.tolist() == [True, False]
    assert charted.cohort.subgroups["sex"].tolist() == ["male", "female"]
    assert charted.cohort.subgroups["age"].tolist() == ["60-79", "60-79"]
    assert charted.cohort.subgroups["ward"].tolist() == ["1", "2"]


def test_the_margin_is_that_of_the_answer_that_is_served(folder: Path) -> None:
    margins = read(folder).margins
    served = risk_of(folder / "a.json")
    assert served.link.inverse(margins[0]) == pytest.approx(served.value, abs=1e-12)
    assert margins[0] != margins[1]


def test_who_cannot_be_assessed_is_counted_by_reason(folder: Path) -> None:
    (reason,) = read(folder).refused
    assert "chol_total: missing" in reason
    assert "120" not in reason


def test_other_scores_of_the_service_are_comparators(folder: Path) -> None:
    assert len(read(folder).cohort.comparators) > 1


def test_a_patient_may_be_assessed_at_several_moments(folder: Path) -> None:
    later = row("a", "1", "2026-03-16T12:00:00Z")
    outcomes(folder, row("a"), later, row("b"))
    cohort = read(folder).cohort
    assert cohort.patients.tolist() == [0, 0, 1]
    assert cohort.events.tolist() == [False, True, False]


def test_assessments_of_a_model_of_hours_are_the_hours_of_a_patients_stay(folder: Path) -> None:
    rows = [row("b"), *(row("a", as_of=f"2026-03-16T{hour}:00:00Z") for hour in ("15", "12"))]
    outcomes(folder, *rows)
    hourly = tree_model(
        prevent_10y.name,
        title="",
        version="",
        citation="",
        url="",
        population="",
        outcome="",
        inputs={},
        required=(),
        features=(),
        row=lambda _: np.empty(0),
        link=Link.LOGISTIC,
        folder=Path(),
        hours=6,
    )
    assert read(folder).cohort.hours is None
    made = fhir_cohort.cohort_of_charts(
        folder,
        hourly,
        settings=Settings(),
        models=Models({prevent_10y.name: prevent_10y}),
        progress=silent,
    ).cohort
    assert made.stays is not None
    assert made.hours is not None
    assert (made.stays.tolist(), made.hours.tolist()) == ([0, 0, 1], [0, 3, 0])


def test_a_model_is_read_for_the_service_of_its_own_name(folder: Path) -> None:
    with pytest.raises(UnusableData, match=r"inpatient: not-applicable"):
        read(folder, readmission_risk)


def test_a_chart_that_cannot_fill_the_hooks_context_is_counted_as_refused(folder: Path) -> None:
    with pytest.raises(UnusableData, match=r"\{'context: missing': 3\}"):
        read(folder, lace)


def test_what_came_after_the_moment_is_not_used(folder: Path) -> None:
    outcomes(folder, row("a", as_of="2026-03-15T07:00:00Z"), row("b"))
    charted = read(folder)
    assert len(charted.cohort) == 1
    assert sum(charted.refused.values()) == 1


def test_a_death_that_came_later_does_not_rule_out(folder: Path) -> None:
    (folder / "a.json").write_bytes(chart("a", *at_risk(), deceasedBoolean=True))
    assert len(read(folder).cohort) == 2


def test_a_time_to_the_event_makes_it_censored(folder: Path) -> None:
    censored = {"years": "2.5", "event": "0"}
    rows = ({"id": "a", "as_of": THEN, **censored}, {"id": "b", "as_of": THEN, **censored})
    outcomes(folder, *rows)
    outcome = read(folder).cohort.outcome
    assert isinstance(outcome, Survival)
    assert outcome.years.tolist() == [2.5, 2.5]


@pytest.mark.parametrize(
    "wrong",
    [
        row("a", "yes"),
        row("a", as_of="2026-03-15"),
        row("a", as_of="2026-03-15T12:00:00"),
        row(""),
        {"id": "a", "outcome": "1"},
        {"id": "a", "as_of": THEN, "years": "-1", "event": "1"},
        {"id": "a", "as_of": THEN},
    ],
    ids=str,
)
def test_an_outcome_that_cannot_be_used_is_told_by_its_line_alone(
    wrong: dict[str, str], folder: Path
) -> None:
    outcomes(folder, wrong)
    with pytest.raises(UnusableData, match=r"^line 2 of outcomes.csv needs id, as_of") as refusal:
        read(folder)
    assert "yes" not in str(refusal.value)


def test_a_folder_without_outcomes_is_told(tmp_path: Path) -> None:
    with pytest.raises(UnusableData, match=r"no outcomes.csv"):
        read(tmp_path)


def test_charts_of_whom_none_can_be_assessed_are_told(folder: Path) -> None:
    with pytest.raises(UnusableData, match="could be assessed"):
        read(folder, fib4)
