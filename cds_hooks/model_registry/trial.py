"""The child process in which models are first loaded and tried: it may end, the server not.

Reads one JSON array of trials from its standard input and writes one JSON line a trial, as each of
them is done.
"""

import math
import sys
from collections.abc import Sequence

import msgspec
import numpy as np

from predictors import sequence_model
from predictors.manifest import Golden
from predictors.tree_model import Floats, contributions, margins, read_model

TOLERANCE = 1e-12
"""How far a golden row's margin and contributions may differ; a network's has its own."""


class Trial(msgspec.Struct, frozen=True):
    """A model's text, and what it must say of its golden rows."""

    text: str
    golden: tuple[Golden, ...]


class Verdict(msgspec.Struct, frozen=True):
    """Why the model of that number must not be served; "" if it may."""

    number: int
    fault: str


def main() -> None:
    """Tries each model, and tells of each before it begins the next."""
    trials = msgspec.json.decode(sys.stdin.buffer.read(), type=list[Trial])
    for number, trial in enumerate(trials):
        try:
            fault = tried(trial)
        except (ImportError, OSError) as error:
            fault = remedy(error)
        print(msgspec.json.encode(Verdict(number, fault)).decode(), flush=True)


def remedy(error: ImportError | OSError) -> str:
    """What to do, in one line, where LightGBM or onnxruntime cannot be loaded."""
    said = str(error)
    if "onnxruntime" in said:
        return "onnxruntime is missing: pip install 'cds-hooks-server[sequence]'"
    if "libgomp" in said:
        return "libgomp is missing; on Debian or Ubuntu: sudo apt-get install libgomp1"
    if "libomp" in said:
        return "libomp is missing; on macOS: brew install libomp"
    return "LightGBM is missing; in the server's environment: pip install lightgbm"


def tried(trial: Trial) -> str:
    """What is wrong with a model that was loaded and asked for its golden rows; "" if nothing.

    Raises ImportError or OSError if what it needs cannot be loaded.
    """
    model = read_model(trial.text)
    rows = _rows([each.row for each in trial.golden])
    expected = np.array([[*each.contributions, each.margin] for each in trial.golden])
    found = np.column_stack([contributions(model, rows), margins(model, rows)])
    apart = sequence_model.TOLERANCE if sequence_model.is_sequence(trial.text) else TOLERANCE
    if found.shape != expected.shape or not np.all(np.abs(found - expected) <= apart):
        return "it does not say of its golden rows what it said in training"
    return ""


def _rows(rows: Sequence[Sequence[float | None]]) -> Floats:
    return np.array([[math.nan if each is None else each for each in row] for row in rows])
