"""Finds every published score: the folder `predictors/scores` is the registry."""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType

from predictors import scores
from predictors.predictor import Predictor


@cache
def predictors() -> Mapping[str, Predictor]:
    """Every score by name, in the order of their modules; ValueError if two share a name."""
    found: dict[str, Predictor] = {}
    for module in iter_modules(scores.__path__):
        for each in vars(import_module(f"{scores.__name__}.{module.name}")).values():
            if isinstance(each, Predictor) and found.setdefault(each.name, each) is not each:
                raise ValueError(f"two predictors are called {each.name}")
    return MappingProxyType(found)
