import json
import re
from html import unescape
from pathlib import Path

import pytest
import xmlschema

from cds_hooks.dossier.facts import TO_COMPLETE
from cds_hooks.dossier.model_card import model_card
from predictors.catalogue import tree_models
from tests.cds_hooks.dossier.told import told

SCHEMA = xmlschema.XMLSchema(Path(__file__).parent / "chai" / "schema.xsd", allow="local")


@pytest.mark.parametrize("name", sorted(tree_models()))
def test_the_card_of_every_model_is_valid_by_chais_schema(name: str) -> None:
    SCHEMA.validate(model_card(told(name)).decode())


def test_a_card_without_a_required_element_is_not_valid() -> None:
    lacking = model_card(told("sepsis-risk")).decode().replace("ClinicalRiskLevel", "RiskLevel")
    assert not SCHEMA.is_valid(lacking)


def texts(card: bytes, name: str) -> list[str]:
    """What each element of that name says."""
    return [unescape(each) for each in re.findall(f"<{name}>(.*?)</{name}>", card.decode(), re.S)]


def test_figures_are_those_of_the_manifest_and_nothing_else_is_claimed() -> None:
    found = told("sepsis-risk")
    card = model_card(found)
    assert texts(card, "ClinicalRiskLevel") == texts(card, "GlobalAvailability") == [TO_COMPLETE]
    assert texts(card, "FundingSource") == [found.said("funding")]
    shown = [json.loads(each) for each in texts(card, "ValueJson")]
    (first, *_) = (each for each in found.manifest.metrics if not each.subgroup)
    assert shown[0]["estimate"] == first.value
    assert len(shown) == len(found.manifest.metrics) + 4 * len(found.manifest.thresholds)
