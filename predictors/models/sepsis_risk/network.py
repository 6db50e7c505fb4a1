"""The sequence model of sepsis as a network of torch: how it learns, and how it becomes ONNX.

A causal convolution over the hours of a sequence (Bai S et al. 2018, arXiv:1803.01271): each of
four residual layers joins an hour to one 1, 2, 4 and 8 hours before it, so that the last hour has
seen all 16. What a feature adds is found by the rescale rule of DeepLIFT (Shrikumar A et al. 2017,
arXiv:1704.02685) against a patient of whom nothing was measured and whose age is the mean: layer by
layer it hands on the whole difference, so that the parts add up to the margin.
"""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from io import BytesIO
from itertools import pairwise
from typing import TypeAlias
from warnings import catch_warnings, simplefilter

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from predictors.hourly import Floats
from predictors.models.sepsis_risk.features import LABS, VARIABLES, VITALS
from predictors.models.sepsis_risk.hours import COLUMNS, STEPS
from predictors.training.cohort import Integers

Hours: TypeAlias = NDArray[np.float32]

DILATIONS = (1, 2, 4, 8)
CHANNELS = len(VARIABLES) + len(VITALS) + len(LABS) + 1
FADES = 12.0
"""Hours after which a laboratory result counts as a third as fresh."""

MOST = 4.0
"""Standard deviations from the mean beyond which a value is not told from a further one."""

SEED = 2019
BATCH = 16
RATE, DECAY, DROPPED, AVERAGED = 2e-3, 1e-4, 0.2, 0.995
SAME = 1e-7
"""How far apart two numbers are whose difference is not divided by."""


@dataclass(frozen=True, slots=True)
class Stays:
    """Hours [n, COLUMNS] of stays that begin at `firsts`, with age [n] and what is taught [n]."""

    hours: Hours
    age: Floats
    taught: Floats
    firsts: Integers

    def bounds(self) -> list[tuple[int, int]]:
        """From which row to which each stay goes."""
        return list(pairwise([*self.firsts.tolist(), len(self.age)]))


class Network(nn.Module):
    """The margin of each hour, of sequences [n, hours, COLUMNS] and ages [n]."""

    def __init__(self, hidden: int, middle: Tensor, spread: Tensor, rate: float) -> None:
        super().__init__()
        self.register_buffer("middle", middle)
        self.register_buffer("spread", spread)
        self.first = nn.Linear(CHANNELS, hidden)
        self.layers = nn.ModuleList(nn.Linear(2 * hidden, hidden) for _ in DILATIONS)
        self.last = nn.Linear(hidden, 1)
        self.dropped = nn.Dropout(DROPPED)
        nn.init.zeros_(self.last.weight)
        nn.init.constant_(self.last.bias, float(np.log(rate / (1 - rate))))

    def channels(self, hours: Tensor, age: Tensor) -> Tensor:
        """What the first layer sees: 0 is the mean of a value, and that there is none."""
        values, since = hours[..., : len(VARIABLES)], hours[..., len(VARIABLES) :]
        known = 1 - torch.isnan(values[..., : len(VITALS)]).to(hours.dtype)
        fresh = torch.exp(-since / FADES)
        ages = age[:, None, None].expand(-1, hours.shape[1], 1)
        numbers = torch.cat([_levelled(values), ages], dim=2)
        scaled = ((numbers - self.middle) / self.spread).clamp(-MOST, MOST)
        joined = torch.cat([scaled, known, fresh], dim=2)
        return torch.where(torch.isnan(joined), torch.zeros_like(joined), joined)

    def forward(self, hours: Tensor, age: Tensor) -> Tensor:
        """Of T hours the margins of the last T - STEPS + 1."""
        found = self.first(self.channels(hours, age))
        for dilation, layer in zip(DILATIONS, self.layers, strict=True):
            _, found = _through(layer, found, dilation)
            found = self.dropped(found)
        return self.last(found)[..., 0]


def _levelled(values: Tensor) -> Tensor:
    """Vital signs as they are, and the logarithms of laboratory results."""
    return torch.cat([values[..., : len(VITALS)], values[..., len(VITALS) :].log()], dim=-1)


def _through(layer: nn.Module, found: Tensor, dilation: int) -> tuple[Tensor, Tensor]:
    """A layer's sums before it cuts off what is negative, and what it hands on."""
    summed = layer(torch.cat([found[:, :-dilation], found[:, dilation:]], dim=2))
    return summed, torch.relu(summed) + found[:, dilation:]


class Served(nn.Module):
    """The margins [n] of rows as they are served, and the parts of each, the baseline last."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = deepcopy(network).double().eval().requires_grad_(False)
        zeros = torch.zeros(1, STEPS, CHANNELS, dtype=torch.float64)
        self.baseline, self.sums = self._forward(zeros)

    def forward(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Of rows [n, features] the margins [n], and the parts [n, features + 1]."""
        hours, age = rows[:, :-1].reshape(-1, STEPS, COLUMNS), rows[:, -1]
        channels = self.network.channels(hours, age)
        margins, sums = self._forward(channels)
        each = channels * self._multipliers(sums)
        ends = np.cumsum([len(VARIABLES), 1, len(VITALS)])
        values, ages, known, fresh = torch.tensor_split(each, ends.tolist(), dim=2)
        vitals, labs = values[..., : len(VITALS)], values[..., len(VITALS) :]
        hourly = torch.cat([vitals + known, labs, fresh], dim=2).flatten(1)
        baseline = self.baseline.expand(rows.shape[0])[:, None]
        return margins, torch.cat([hourly, ages.sum(dim=1), baseline], dim=1)

    def _forward(self, channels: Tensor) -> tuple[Tensor, list[Tensor]]:
        found, sums = self.network.first(channels), []
        for dilation, layer in zip(DILATIONS, self.network.layers, strict=True):
            summed, found = _through(layer, found, dilation)
            sums.append(summed)
        return self.network.last(found)[:, 0, 0], sums

    def _multipliers(self, sums: list[Tensor]) -> Tensor:
        """What the margin changes by, a unit of each channel's difference from the reference."""
        found = self.network.last.weight.expand(sums[0].shape[0], 1, -1)
        layers = list(zip(DILATIONS, self.network.layers, sums, self.sums, strict=True))
        for dilation, layer, summed, reference in reversed(layers):
            inward = (found * _slope(summed, reference)) @ layer.weight
            before, now = inward.chunk(2, dim=2)
            found = nn.functional.pad(before, (0, 0, 0, dilation)) + nn.functional.pad(
                now + found, (0, 0, dilation, 0)
            )
        return found @ self.network.first.weight


def _slope(summed: Tensor, reference: Tensor) -> Tensor:
    apart = summed - reference
    near = torch.abs(apart) < SAME
    handed_on = torch.relu(summed) - torch.relu(reference)
    return torch.where(
        near, (summed > 0).to(apart.dtype), handed_on / torch.where(near, 1.0, apart)
    )


def learning(stays: Stays, hidden: int, epochs: int) -> Iterator[Network]:
    """The network after each of so many times through the stays: averaged over the last steps."""
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    network = Network(hidden, *_scales(stays), float(stays.taught.mean()))
    averaged = deepcopy(network).eval()
    steps = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=DECAY)
    order, batches = np.random.default_rng(SEED), _batches(stays)
    loss, usual = nn.BCEWithLogitsLoss(reduction="none"), len(stays.age) / len(batches)
    for _ in range(epochs):
        network.train()
        for place in order.permutation(len(batches)):
            hours, age, taught, there = batches[place]
            steps.zero_grad()
            missed = (loss(network(hours, age), taught) * there).sum() / usual
            missed.backward()
            steps.step()
            with torch.no_grad():
                for mean, each in zip(averaged.parameters(), network.parameters(), strict=True):
                    mean.lerp_(each, 1 - AVERAGED)
        yield deepcopy(averaged)


def margins(network: Network, stays: Stays) -> Floats:
    """The margin of each hour of the stays."""
    found = np.empty(len(stays.age))
    network.eval()
    with torch.no_grad():
        for some in _alike(stays):
            hours, age, _, _ = _batch(stays, some)
            for (start, end), each in zip(some, network(hours, age).numpy(), strict=True):
                found[start:end] = each[: end - start]
    return found


def _scales(stays: Stays) -> tuple[Tensor, Tensor]:
    """Middle and spread of the values and of the age; 0 and 1 of what was never measured."""
    values = _levelled(torch.tensor(stays.hours[:, : len(VARIABLES)])).numpy()
    numbers = np.column_stack([values, stays.age]).astype(np.float64)
    known = ~np.isnan(numbers)
    times = np.maximum(known.sum(axis=0), 1)
    middle = np.where(known, numbers, 0.0).sum(axis=0) / times
    apart = np.where(known, numbers - middle, 0.0)
    spread = np.sqrt((apart * apart).sum(axis=0) / times)
    spread[spread == 0] = 1.0
    return torch.tensor(middle, dtype=torch.float32), torch.tensor(spread, dtype=torch.float32)


def _alike(stays: Stays) -> list[list[tuple[int, int]]]:
    """The stays by their length, so many at once."""
    by_length = sorted(stays.bounds(), key=lambda bound: (bound[1] - bound[0], bound))
    return [by_length[start : start + BATCH] for start in range(0, len(by_length), BATCH)]


def _batches(stays: Stays) -> list[tuple[Tensor, Tensor, Tensor, Tensor]]:
    return [_batch(stays, some) for some in _alike(stays)]


def _batch(stays: Stays, some: list[tuple[int, int]]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Hours with nothing before a stay, ages, what is taught, and which hours are there."""
    longest = max(end - start for start, end in some)
    hours = torch.full((len(some), STEPS - 1 + longest, COLUMNS), torch.nan)
    taught, there = torch.zeros(2, len(some), longest)
    for place, (start, end) in enumerate(some):
        hours[place, STEPS - 1 : STEPS - 1 + end - start] = torch.tensor(stays.hours[start:end])
        taught[place, : end - start] = torch.tensor(stays.taught[start:end])
        there[place, : end - start] = 1.0
    firsts = [start for start, _ in some]
    return hours, torch.tensor(stays.age[firsts], dtype=torch.float32), taught, there


def onnx(network: Network) -> bytes:
    """The network as it is served: rows [n, features] in, margins and parts out, all in double."""
    content, served = BytesIO(), Served(network)
    with catch_warnings():
        simplefilter("ignore")  # export by tracing needs no further library; there is a newer one
        torch.onnx.export(
            served,
            (torch.zeros(2, STEPS * COLUMNS + 1, dtype=torch.float64),),
            content,
            input_names=["rows"],
            output_names=["margins", "contributions"],
            dynamic_axes={"rows": {0: "n"}, "margins": {0: "n"}, "contributions": {0: "n"}},
            opset_version=17,
            dynamo=False,
        )
    return content.getvalue()
