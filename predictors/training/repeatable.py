"""The settings of LightGBM with which the same data give the same trees, on any machine."""

from collections.abc import Mapping
from types import MappingProxyType

REPEATABLE: Mapping[str, object] = MappingProxyType(
    {"num_threads": 1, "deterministic": True, "force_row_wise": True, "verbosity": -1}
)
