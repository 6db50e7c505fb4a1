"""The facts of a model that is shipped, as the tests of the dossier need them."""

from cds_hooks.dossier.facts import Facts, facts
from cds_hooks.model_registry.gate import gate_of
from cds_hooks.settings.models import ModelSettings
from predictors.catalogue import tree_models


def told(name: str) -> Facts:
    """The facts of the shipped version of that model."""
    return facts(gate_of([tree_models()[name]], ModelSettings()).active[name], "1.0")
