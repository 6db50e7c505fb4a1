"""The network learns the same twice, and ONNX says what torch says."""

from typing import Any
from unittest.mock import patch

import numpy as np
import pytest

from predictors.models.sepsis_risk.hours import COLUMNS, SEQUENCE, STEPS
from predictors.sequence_model import SequenceModel, read, written

STAYS, LONG = 20, 30


@pytest.fixture(scope="module")
def network() -> Any:
    """The module, where torch is."""
    pytest.importorskip("torch", reason="no torch: pip install 'cds-hooks-server[train-deep]'")
    from predictors.models.sepsis_risk import network

    return network


@pytest.fixture(scope="module")
def stays(network: Any) -> Any:
    """Made-up stays, of whom those with a high first value become septic."""
    chance = np.random.default_rng(3)
    hours = chance.uniform(1, 50, (STAYS * LONG, COLUMNS)).astype(np.float32)
    hours[chance.random(hours.shape) < 0.4] = np.nan
    taught = (np.nan_to_num(hours[:, 0]) > 25).astype(np.float64)
    age = np.repeat(chance.uniform(20, 80, STAYS), LONG)
    return network.Stays(hours, age, taught, np.arange(STAYS) * LONG)


@pytest.fixture(scope="module")
def learned(network: Any, stays: Any) -> Any:
    return trained(network, stays)


def trained(network: Any, stays: Any) -> Any:
    """A small network that learned quickly."""
    with patch.object(network, "AVERAGED", 0.5), patch.object(network, "RATE", 0.02):
        return list(network.learning(stays, 4, 8))[-1]


@pytest.fixture(scope="module")
def served(network: Any, learned: Any) -> SequenceModel:
    return read(written(network.onnx(learned)))


def rows(stays: Any) -> Any:
    """The last hour of each stay, as it is served."""
    made = [stays.hours[end - STEPS : end].ravel() for end in stays.firsts + LONG]
    return np.column_stack([made, stays.age[stays.firsts]]).astype(np.float64)


def test_onnx_says_what_torch_says(
    network: Any, learned: Any, served: SequenceModel, stays: Any
) -> None:
    import torch

    last = network.margins(learned, stays)[stays.firsts + LONG - 1]
    margins = served.margins(rows(stays))
    assert margins == pytest.approx(last, abs=1e-5)  # torch learns in single precision
    in_double = network.Served(learned)(torch.tensor(rows(stays)))
    assert margins == pytest.approx(in_double[0].numpy(), abs=1e-6)
    assert served.contributions(rows(stays)) == pytest.approx(in_double[1].numpy(), abs=1e-6)
    assert margins.std() > 0.01


def test_the_parts_add_up_to_the_margin(served: SequenceModel, stays: Any) -> None:
    parts, margins = served.contributions(rows(stays)), served.margins(rows(stays))
    assert parts.shape == (STAYS, len(SEQUENCE) + 1)
    assert np.abs(parts.sum(axis=1) - margins).max() < 1e-12
    assert len(set(parts[:, -1])) == 1


def test_what_was_not_measured_adds_nothing(served: SequenceModel, stays: Any) -> None:
    some = rows(stays)
    parts = served.contributions(some)[:, :-1]
    values = [i for i, each in enumerate(SEQUENCE[:-1])]
    assert not parts[:, values][np.isnan(some[:, values])].any()
    assert parts[:, values][~np.isnan(some[:, values])].any()


def test_a_row_has_the_same_parts_alone_as_among_others(served: SequenceModel, stays: Any) -> None:
    some = rows(stays)
    assert served.contributions(some[:1])[0] == pytest.approx(
        served.contributions(some)[0], abs=1e-12
    )


def test_learning_repeats_itself_to_the_byte(network: Any, learned: Any, stays: Any) -> None:
    assert network.onnx(trained(network, stays)) == network.onnx(learned)


def test_a_stay_is_judged_by_its_hours_alone(network: Any, learned: Any, stays: Any) -> None:
    whole = network.margins(learned, stays)
    alone = network.Stays(
        stays.hours[:LONG], stays.age[:LONG], stays.taught[:LONG], np.zeros(1, np.int64)
    )
    assert network.margins(learned, alone) == pytest.approx(whole[:LONG], abs=1e-5)
