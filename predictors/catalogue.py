"""Finds every score and model: the folders `predictors/scores` and `predictors/models` are it."""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType, ModuleType

from predictors import models, scores
from predictors.predictor import Predictor
from predictors.tree_model import model_of


@cache
def predictors() -> Mapping[str, Predictor]:
    """Every score by name, in the order of their modules; ValueError if two share a name."""
    return _found_in(scores)


@cache
def tree_models() -> Mapping[str, Predictor]:
    """The declaration of every trained model by name; ValueError if two share a name."""
    found = _found_in(models)
    return MappingProxyType({name: each for name, each in found.items() if model_of(each)})


def _found_in(package: ModuleType) -> Mapping[str, Predictor]:
    found: dict[str, Predictor] = {}
    for module in iter_modules(package.__path__):
        for each in vars(import_module(f"{package.__name__}.{module.name}")).values():
            if isinstance(each, Predictor) and found.setdefault(each.name, each) is not each:
                raise ValueError(f"two predictors are called {each.name}")
    return MappingProxyType(found)
