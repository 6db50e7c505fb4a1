from dataclasses import replace

import msgspec
import pytest

from cds_hooks.clinical.model_cards import (
    ASSOCIATION,
    Alert,
    in_subgroup,
    manifest_of,
    missing,
    model_detail,
    newest,
    observed,
    trend,
)
from cds_hooks.engine.card_text import MOST_REASONS
from cds_hooks.engine.model_set import Models
from cds_hooks.engine.patient import Risk
from fhir_adapters.facts.facts import Fact, State
from predictors.manifest import AlertBudget, Observed, Threshold
from predictors.predictor import Prediction, predict
from tests.cds_hooks.model_registry.model_service import RISKS, answer, version
from tests.charts import DIABETES, patient, problem, result
from tests.predictors.synthetic import declared, manifest

CHART = (
    patient(),
    result("sbp", 95),
    result("lactate", 1.1, "2026-03-15T02:00:00Z"),
    result("lactate", 4.2),
)
ALERT = Threshold(name="alert", risk=0.1, sensitivity=0.6, ppv=0.25, nne=4, alerts_per_100=10)


def assessed(*resources: dict[str, object]) -> tuple[Risk, str]:
    made = answer(*resources, models=Models(active={"test-risk": version("1")}))
    (card,) = made.response.cards
    return RISKS[-1], str(card.detail)


def prediction(risk: float) -> Prediction:
    return predict("harm", {}, baseline=risk)


def test_a_card_says_what_raises_the_risk_with_value_unit_and_time() -> None:
    risk, detail = assessed(*CHART)
    amounts = {p.input: p.amount for p in risk.explained()["harm"].contributions}
    moves = "raises" if amounts["lactate"] > 0 else "lowers"
    rows = [line for line in detail.splitlines() if line.startswith("| Lactate")]
    assert rows == [f"| Lactate | {moves} | 4.2 mmol/L | 2026-03-15 08:00 |"]


def test_the_rows_of_a_card_are_what_moves_the_risk_most_first() -> None:
    risk, detail = assessed(*CHART)
    moving = [part for part in risk.explained()["harm"].contributions if part.amount]
    first = sorted(moving, key=lambda part: -abs(part.amount))[:MOST_REASONS]
    rows = [line.split(" | ")[0] for line in detail.splitlines() if line.startswith("| ")]
    assert rows == ["| Input", *(f"| {risk.label(part.input)}" for part in first)]


def test_a_card_says_that_what_raises_a_risk_is_no_cause() -> None:
    _, detail = assessed(*CHART)
    assert ASSOCIATION in detail


def test_a_card_says_what_was_seen_in_validation_and_what_an_alert_meant() -> None:
    _, detail = assessed(*CHART)
    assert "In validation, at about this risk, harm followed in " in detail
    assert "Of such alerts 25 % were right in validation." in detail


def test_what_a_card_is_led_by_is_its_first_line() -> None:
    risk, _ = assessed(*CHART)
    detail = model_detail(risk, per="patient-hours", lead="Harm: 20 %.")
    assert detail.splitlines()[0] == "Harm: 20 %."
    assert model_detail(risk, per="patient-hours") == detail.removeprefix("Harm: 20 %.\n\n")


def test_what_has_no_record_and_what_is_unknown_are_told_apart() -> None:
    risk, detail = assessed(patient(), result("sbp", 95), problem(DIABETES))
    assert missing(risk) == "No record of: Lactate."
    assert "No record of: Lactate." in detail
    made = answer(patient(), models=Models(active={"test-risk": version("1")}))
    assert made.response.cards
    assert missing(RISKS[-1]).startswith("No record of: Lactate, Systolic BP.")


@pytest.mark.parametrize(
    ("risk", "told"),
    [
        (0.2, "In validation, at about this risk, harm followed in 100 of 1,000 patients."),
        (0.7, "In validation, at about this risk, harm followed in 620 of 1,000 patients."),
    ],
)
def test_the_observed_frequency_is_that_of_the_predicted_risk(risk: float, told: str) -> None:
    assert observed(prediction(risk), manifest(), per="patients") == told


def test_where_no_one_had_such_a_risk_the_card_says_so() -> None:
    few = (Observed(low=0.0, high=0.5, n=10, events=1),)
    made = msgspec.structs.replace(manifest(), observed=few)
    told = observed(prediction(0.7), made, per="patients")
    assert told == "In validation no patients had such a risk."


def test_of_a_sites_own_threshold_nothing_is_claimed() -> None:
    alert = Alert(prediction(0.3), ALERT, shown_from=0.2)
    assert alert.sentence == "Shown from a risk of 20 %, this site's own threshold."


@pytest.mark.parametrize(
    ("at_site", "told"),
    [
        (True, "Set for 30 alerts in 100 patient-days here."),
        (False, "elsewhere; this site has no alert budget."),
    ],
)
def test_a_card_says_whether_the_alert_budget_is_the_sites_own(at_site: bool, told: str) -> None:
    budget = AlertBudget(alerts_per_100_patient_days=30, at_site=at_site)
    alert = Alert(prediction(0.3), msgspec.structs.replace(ALERT, budget=budget), shown_from=0.1)
    assert alert.sentence.endswith(told)


def test_a_trend_is_told_oldest_first() -> None:
    earlier = [(6.0, prediction(0.03)), (3.0, prediction(0.05))]
    assert trend(earlier, prediction(0.12)) == "Risk: 3.0 % 6 h ago, 5.0 % 3 h ago, now 12 %."
    assert trend([], prediction(0.12)) == ""


def test_a_series_without_values_has_no_record() -> None:
    assert newest(Fact("lactate", State.NO_RECORD, unit="mmol/L", value=())) == "no record"


def test_a_risk_of_no_verified_model_has_no_manifest() -> None:
    risk, _ = assessed(*CHART)
    unverified = replace(risk.assessment, predictor=declared())
    with pytest.raises(TypeError, match="test-risk was not loaded"):
        manifest_of(replace(risk, assessment=unverified))


def test_trees_are_relative_to_nobody() -> None:
    _, detail = assessed(*CHART)
    assert "relative to" not in detail


def test_a_subgroup_that_was_not_measured_has_no_sentence() -> None:
    risk, _ = assessed(*CHART)
    assert in_subgroup(risk, "age=20-39", saying="Under 40", per="women") == ""
