"""The review at a discharge gathers the services of its hook, as patient-risks those of a chart."""

from cds_hooks.engine.service import services
from tests.cds_hooks.services.discharges import STAY, for_discharge
from tests.charts import ALL_LIVE, ask, patient, result

REVIEW = services()["discharge-review"]
HIGH = result("potassium", 6.7, "2026-03-14T08:00:00Z")
LOW_FUNCTION = result("creatinine", 2.6)


def test_it_gathers_the_services_of_its_hook_alone() -> None:
    parts = {each.id for each in REVIEW.parts(ALL_LIVE)}
    hook = {each.id for each in services().values() if each.hook == "encounter-discharge"}
    assert parts == hook - {"discharge-review"}


def test_results_and_drugs_are_told_together_and_no_topic_twice() -> None:
    metformin = for_discharge("A10BA02", "Metformin 1000 mg")
    shown = ask("discharge-review", patient(), STAY, HIGH, LOW_FUNCTION, metformin)["cards"]
    topics = [each["source"]["topic"]["code"] for each in shown]
    assert len(topics) == len(set(topics))
    assert sum("etformin" in each["summary"] for each in shown) == 1
    assert "LabSafetyPotassium" in topics


def test_where_nothing_is_open_there_is_no_card() -> None:
    assert ask("discharge-review", patient(), STAY, result("potassium", 4.4))["cards"] == []
