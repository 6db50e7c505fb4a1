"""A sequence model: a network of ONNX, as text, that gives margins and the parts of each.

Only a process that serves or validates one loads `onnxruntime`. The network holds its own
attribution: beside the margins it gives what each feature adds to them, and both are held against
each other whenever a prediction is explained.
"""

from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from dataclasses import dataclass
from textwrap import wrap
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from predictors.tree_text import Damaged, expect

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

Floats = NDArray[np.float64]

FIRST_LINE = "onnx in base64\n"
LARGEST = 1_000_000
"""Bytes of a network: one of this size answers within a millisecond."""

TOLERANCE = 1e-6
"""How far the parts may be from the margin, and a golden row's numbers from those of training."""


class NotAdditive(ValueError):
    """The parts of a margin do not add up to it."""


@dataclass(frozen=True, slots=True)
class SequenceModel:
    """A network that was loaded: rows [n, features] in, NaN where missing."""

    session: "InferenceSession"

    def margins(self, rows: Floats) -> Floats:
        """The margins of rows [n, features]: n numbers."""
        (found,) = self.session.run(["margins"], {"rows": rows})
        return np.asarray(found)

    def contributions(self, rows: Floats) -> Floats:
        """The parts of each row's margin [n, features + 1], the baseline last.

        Raises NotAdditive if they do not add up to it.
        """
        margins, parts = self.session.run(["margins", "contributions"], {"rows": rows})
        if not np.all(np.abs(parts.sum(axis=1) - margins) <= TOLERANCE):
            raise NotAdditive("the parts of a margin do not add up to it")
        return np.asarray(parts)


def is_sequence(text: str) -> bool:
    """Whether the text is that of a sequence model."""
    return text.startswith(FIRST_LINE)


def written(onnx: bytes) -> str:
    """The network as the text that is served."""
    return FIRST_LINE + "\n".join(wrap(b64encode(onnx).decode("ascii"), 76)) + "\n"


def check(text: str) -> bytes:
    """The network of a text, not yet loaded; raises Damaged if there is none, or a large one."""
    try:
        content = b64decode("".join(text.removeprefix(FIRST_LINE).split()), validate=True)
    except NotBase64:
        raise Damaged("it is no network: not base64") from None
    expect(0 < len(content) <= LARGEST, "its network is empty or too large")
    return content


def read(text: str) -> SequenceModel:
    """Loads the network of a text, which must have been verified: loading a damaged one may fail.

    Raises ImportError where onnxruntime is not installed.
    """
    from onnxruntime import InferenceSession, SessionOptions

    options = SessionOptions()
    # One row by several threads is slower, and after a fork their threads are not there.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return SequenceModel(InferenceSession(check(text), options, providers=["CPUExecutionProvider"]))
