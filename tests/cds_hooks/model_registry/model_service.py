"""A service that shows the test model's risk, and how it answers about a chart."""

from collections.abc import Iterator
from dataclasses import replace

from cds_hooks.clinical.model_cards import Alert, manifest_of, model_detail
from cds_hooks.engine.answer import Answer
from cds_hooks.engine.card_text import computed
from cds_hooks.engine.discovery import offered
from cds_hooks.engine.model_set import Models
from cds_hooks.engine.patient import Assessed, Risk
from cds_hooks.engine.respond import respond
from cds_hooks.engine.service import service
from cds_hooks.protocol.cards import Card
from cds_hooks.protocol.json import encode, read_request
from cds_hooks.settings.services import Mode, ServiceSettings
from cds_hooks.settings.settings import Settings
from predictors.predictor import Predictor
from predictors.tree_model import booster, loaded
from tests.charts import NOW, Resource, request
from tests.predictors.synthetic import declared, manifest, text

TEST_RISK = declared()
RISKS: list[Risk] = []


@service("test-risk", title="Test risk", usage_requirements="Needs nothing.", uses=(TEST_RISK,))
def shown(patient: Assessed) -> Iterator[Card]:
    """Shows the risk of everyone."""
    risk = patient.risk(TEST_RISK)
    RISKS.append(risk)
    threshold = manifest_of(risk).threshold("alert")
    alert = Alert(risk["harm"], threshold, threshold.risk)
    yield Card(
        summary=f"Risk {risk['harm'].value:.4f}",
        indicator="info",
        source=computed(risk.assessment.predictor, topic="TestRisk"),
        detail=model_detail(risk, per="patient-hours", alert=alert.sentence),
    )


def version(name: str) -> Predictor:
    """The test model in a version of that name, verified."""
    return replace(loaded(TEST_RISK, booster(text()), manifest()), version=name)


def answer(*resources: Resource, models: Models, mode: Mode = "live") -> Answer:
    """What the service answers about a chart of these resources."""
    settings = Settings(services={"test-risk": ServiceSettings(mode=mode)})
    sent = read_request(encode(request(shown, *resources, settings=settings)))
    return respond(offered(shown, settings), sent, now=NOW, models=models)
