from collections.abc import Mapping

import msgspec
import pytest
from msgspec import UNSET

from cds_hooks.engine.service import services
from cds_hooks.model_registry.gate import Verified
from cds_hooks.model_registry.source_attributes import (
    EVIDENCE_BASED,
    NEVER,
    PREDICTIVE,
    card,
    of_a_model,
    of_a_score,
)
from cds_hooks.settings.services import ServiceSettings
from cds_hooks.settings.settings import Settings
from predictors.catalogue import predictors, tree_models
from predictors.model_folder import CARD, ModelFolder
from predictors.predictor import Predictor
from predictors.tree_model import require_model
from tests.charts import ALL_LIVE
from tests.predictors.synthetic import declared, manifest
from tests.stores import served

CARDS = [model for model in tree_models().values() if (require_model(model).folder / CARD).exists()]


def values(predictor: Predictor) -> dict[str, str]:
    return {each.key: each.value or "" for each in of_a_score(predictor).attributes}


def verified(entries: Mapping[str, object]) -> Verified:
    return Verified(declared(), "shipped", ModelFolder(manifest(), "", entries, "00"))


def test_a_model_is_asked_for_31_attributes_and_a_score_for_13() -> None:
    assert (len(PREDICTIVE), len(EVIDENCE_BASED)) == (31, 13)
    assert len({each.key for each in PREDICTIVE}) == 31
    assert all(each.category for each in PREDICTIVE)


@pytest.mark.parametrize("score", predictors().values(), ids=lambda each: each.name)
def test_every_attribute_of_a_score_has_a_value_or_a_reason(score: Predictor) -> None:
    for each in of_a_score(score).attributes:
        assert bool(each.value) != bool(each.not_available), each.key


def test_a_score_tells_what_of_a_person_it_uses() -> None:
    prevent, quick = values(predictors()["prevent"]), values(predictors()["qsofa"])
    assert prevent["sex"] == "Used: sex for clinical use."
    assert prevent["date_of_birth"] == "Used: the age that follows from it."
    assert prevent["race"] == NEVER
    assert prevent["health_status"].startswith("Used: ")
    assert quick["sex"] == NEVER


def test_a_model_tells_what_its_card_says() -> None:
    made = of_a_model(
        declared(),
        verified({"developer": {"value": "Us"}, "funding": {"not_available": "not declared"}}),
    )
    developer, funding, output = made.attributes[:3]
    assert (developer.value, developer.not_available) == ("Us", UNSET)
    assert (funding.value, funding.not_available) == (UNSET, "not declared")
    assert output.not_available == "its card does not say"
    assert [each.number for each in made.attributes] == list(range(1, 32))


def test_a_model_that_is_not_served_tells_why_and_nothing_else() -> None:
    made = of_a_model(declared(), Verified(declared(), "shipped", fault="it is damaged"))
    assert {each.value for each in made.attributes} == {UNSET}
    assert made.attributes[0].not_available == "the model is not served: it is damaged"


@pytest.mark.parametrize("model", CARDS, ids=lambda each: each.name)
def test_a_shipped_models_card_has_all_31_in_order_each_with_a_value_or_a_reason(
    model: Predictor,
) -> None:
    content = (require_model(model).folder / CARD).read_bytes()
    entries = card(msgspec.toml.decode(content))
    assert list(entries) == [each.key for each in PREDICTIVE]
    for key, each in entries.items():
        assert bool(each.value) != bool(each.not_available), key


@pytest.mark.parametrize("entry", [{"value": 1}, "text", {"valu": "x"}])
def test_an_entry_that_is_none_is_an_error(entry: object) -> None:
    with pytest.raises(msgspec.ValidationError):
        card({"developer": entry})


@pytest.mark.parametrize("id", services())
def test_each_service_serves_the_attributes_of_its_predictors(id: str) -> None:
    answer = served(ALL_LIVE).test_client().get(f"/services/{id}/source-attributes")
    assert answer.status_code == 200
    names = [each["name"] for each in msgspec.json.decode(answer.data)["predictors"]]
    assert names == [each.name for each in services()[id].uses]


def test_a_service_that_is_off_or_unknown_has_none() -> None:
    off = Settings(services={"lab-safety": ServiceSettings(mode="off")})
    client = served(off).test_client()
    for id in ("lab-safety", "no-such-service"):
        assert client.get(f"/services/{id}/source-attributes").status_code == 404
