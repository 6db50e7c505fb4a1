from typing import Any

import msgspec
import pytest

from cds_hooks.engine.extension import EXTENSION
from cds_hooks.engine.model_set import NO_MODELS, Models
from cds_hooks.engine.patient import Risk
from cds_hooks.fhir_export.risk_assessments import risk_assessments
from cds_hooks.settings.services import Mode
from tests.cds_hooks.model_registry.model_service import answer, version
from tests.charts import patient, result

CHART = (patient(), result("sbp", 95))


def both() -> Models:
    """Two versions of a model, of which the second is the challenger."""
    return Models(active={"test-risk": version("1")}, challengers={"test-risk": version("2")})


def versions(mode: Mode) -> list[tuple[str, bool]]:
    made = answer(*CHART, models=both(), mode=mode).evaluations
    risks = [(each.assessments[0], each.shadow) for each in made]
    return [(r.assessment.predictor.version, s) for r, s in risks if isinstance(r, Risk)]


def test_a_model_that_no_one_verified_refuses_and_says_so() -> None:
    made = answer(*CHART, models=NO_MODELS)
    assert made.response.cards == ()
    told = msgspec.to_builtins(made.response.extension)[EXTENSION]["notAssessed"]
    assert told == [{"problem": "unavailable", "text": "the model was not loaded"}]


@pytest.mark.parametrize(
    ("mode", "asked"),
    [
        ("live", [("1", False), ("2", True)]),
        ("silent", [("1", False)]),
        ("shadow", [("2", False)]),
    ],
)
def test_a_challenger_is_asked_beside_a_live_service_or_alone_in_shadow(
    mode: Mode, asked: list[tuple[str, bool]]
) -> None:
    assert versions(mode) == asked


@pytest.mark.parametrize(("mode", "shown"), [("live", 1), ("silent", 0), ("shadow", 0)])
def test_only_the_active_version_of_a_live_service_is_shown(mode: Mode, shown: int) -> None:
    made = answer(*CHART, models=both(), mode=mode)
    assert len(made.response.cards) == shown
    assert len(made.issued) == 1
    assert made.issued[0].withheld == ("" if mode == "live" else mode)


def test_a_challenger_that_fails_costs_the_live_service_nothing() -> None:
    broken = Models(both().active, {"test-risk": version("broken")})
    object.__setattr__(broken.challengers["test-risk"], "function", lambda **_: 1 / 0)
    made = answer(*CHART, models=broken)
    assert len(made.response.cards) == 1
    assert [each.unanswered for each in made.evaluations] == ["", "failed"]


def test_a_risk_assessment_of_a_model_explains_itself_and_says_until_when_it_is() -> None:
    made = answer(*CHART, models=both())
    (resource,) = list[Any](risk_assessments(made.evaluations[0], made.chart))
    (told,) = resource["prediction"]
    assert "Systolic BP" in told["rationale"]
    assert told["whenPeriod"] == {
        "start": "2026-03-15T12:00:00Z",
        "end": "2026-03-15T18:00:00Z",
    }
    assert resource["method"]["coding"][0]["version"] == "1"
