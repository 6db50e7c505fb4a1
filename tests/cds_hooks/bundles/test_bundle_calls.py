"""A Bundle in a file is evaluated with every service that the site has on."""

from datetime import datetime
from typing import Any

import pytest

from cds_hooks.bundles.bundle_calls import evaluations
from cds_hooks.bundles.ehr import UnusableBundle
from cds_hooks.engine.evaluation import Evaluation
from cds_hooks.engine.model_set import NO_MODELS
from cds_hooks.engine.service import services
from cds_hooks.protocol.json import encode
from cds_hooks.settings.services import Mode, ServiceSettings
from cds_hooks.settings.settings import Settings
from tests.charts import ALL_LIVE, NOW, patient, result
from tests.fhir_adapters.sent import encounter

CHART = (patient(), result("potassium", 6.4))


def _evaluated(
    *resources: dict[str, Any], settings: Settings = ALL_LIVE, as_of: datetime = NOW
) -> dict[str, Evaluation]:
    entries = [{"resource": each} for each in resources]
    bundle = encode({"resourceType": "Bundle", "type": "collection", "entry": entries})
    made = evaluations(bundle, settings=settings, as_of=as_of, models=NO_MODELS)
    return {evaluation.service.id: evaluation for _, evaluation in made}


def test_every_service_but_those_that_only_gather_others_is_asked() -> None:
    gathering = {each.id for each in services().values() if each.gathers}
    assert gathering
    visit = encounter(subject={"reference": "Patient/p1"})
    assert set(_evaluated(*CHART, visit)) == set(services()) - gathering


@pytest.mark.parametrize(("mode", "asked"), [("off", False), ("silent", True), ("live", True)])
def test_what_the_site_has_turned_off_is_not_asked(mode: Mode, asked: bool) -> None:
    settings = Settings(services={"lab-safety": ServiceSettings(mode=mode)})
    assert ("lab-safety" in _evaluated(*CHART, settings=settings)) is asked


def test_the_moment_is_the_one_that_is_given() -> None:
    (finding,) = _evaluated(*CHART)["lab-safety"].findings
    assert finding.card.summary.startswith("Moderate hyperkalaemia")
    assert _evaluated(*CHART, as_of=NOW.replace(year=2027))["lab-safety"].findings == ()


def test_a_bundle_of_two_patients_is_refused() -> None:
    with pytest.raises(UnusableBundle, match="more than one Patient"):
        _evaluated(*CHART, patient(id="p2"))
