"""A network of five features as a sequence model is served: a weighted sum, a missing one being 0.

Made by `onnx.helper`, which is no dependency: IsNaN, Where, Mul by the weights, ReduceSum, Add of
the baseline, and Concat of the parts and the baseline.
"""

import struct
from base64 import b64decode

import numpy as np

from predictors.manifest import Calibration, Training
from predictors.predictor import Predictor
from predictors.training.artefact import Trained
from tests.predictors.synthetic import rows

WEIGHTS, BASELINE = np.array([0.02, 0.5, -0.3, -0.01, 0.4]), -1.5
NETWORK = b64decode(
    "CAg6hgQKFgoEcm93cxIHbWlzc2luZyIFSXNOYU4KIwoHbWlzc2luZwoEemVybwoEcm93cxIFdGhlcmUi"
    "BVdoZXJlChYKBXRoZXJlCgF3EgVwYXJ0cyIDTXVsCi4KBXBhcnRzCgRheGlzEgNzdW0iCVJlZHVjZVN1"
    "bSoPCghrZWVwZGltcxgBoAECChQKA3N1bQoBYhIFdG90YWwiA0FkZAofCgV0b3RhbAoEYXhpcxIHbWFy"
    "Z2lucyIHU3F1ZWV6ZQoWCgNzdW0KBHplcm8SBG5vbmUiA011bAobCgRub25lCgRzYWlkEghiYXNlbGlu"
    "ZSIDQWRkCjUKBXBhcnRzCghiYXNlbGluZRINY29udHJpYnV0aW9ucyIGQ29uY2F0KgsKBGF4aXMYAaAB"
    "AhIHbWFkZV91cCoxCAUQC0IBd0ooexSuR+F6lD8AAAAAAADgPzMzMzMzM9O/exSuR+F6hL+amZmZmZnZ"
    "PyoPEAtCAWJKCAAAAAAAAPi/KhIQC0IEc2FpZEoIAAAAAAAA+L8qEhALQgR6ZXJvSggAAAAAAAAAACoU"
    "CAEQB0IEYXhpc0oIAQAAAAAAAABaFwoEcm93cxIPCg0ICxIJCgMSAW4KAggFYhYKB21hcmdpbnMSCwoJ"
    "CAsSBQoDEgFuYiAKDWNvbnRyaWJ1dGlvbnMSDwoNCAsSCQoDEgFuCgIIBkIECgAQEQ=="
)
_SAID = b"\x42\x04said\x4a\x08"
"""Before the baseline among the parts, which is not that of the margin."""


def saying(baseline: float) -> bytes:
    """The network with another baseline among its parts than in its margins."""
    before, there, after = NETWORK.partition(_SAID)
    assert there
    return before + there + struct.pack("<d", baseline) + after[8:]


def trained(predictor: Predictor, network: bytes = NETWORK) -> Trained:
    """What training that predictor as a network would hand over."""
    return Trained(
        predictor,
        (),
        Calibration(intercept=-0.1, slope=0.9),
        rows(),
        Training(data="Made up", sha256="0" * 64, rows=600, events=300, patients=600, seed=1),
        onnx=network,
        version="1-sequence",
    )
