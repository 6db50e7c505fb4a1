"""Runs the comparison and prints its table: `python -m tools.benchmark [--peers PYTHON]`."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from logging import CRITICAL
from pathlib import Path
from platform import python_version
from statistics import median
from typing import Any

import structlog
from matplotlib import pyplot

from tools.benchmark.charts import bodies, single, with_observations
from tools.benchmark.load import load
from tools.benchmark.reading import readings
from tools.benchmark.servers import Contender, contenders, running
from tools.benchmark.stages import Answered, Line, answered, cpu_ms, instanced, stages

RESULT = Path("build/bench.json")
PLOT = Path("build/bench.svg")
WARM_SECONDS = 2.0
SINGLES = ("af-stroke-risk", "kidney-risk", "lab-safety", "cardiovascular-risk", "sepsis-risk")
LOADS = (
    ("5 kB", 8),
    ("50 kB", 1),
    ("50 kB", 8),
    ("50 kB", 64),
    ("50 kB explained", 8),
    ("1 MB", 4),
    ("5 MB", 1),
)
"""Which body is sent by how many callers at once."""

GROWTH = (10, 100, 1000, 5000, 20_000)


@dataclass(frozen=True, slots=True)
class Measured:
    """One server under one load in one round."""

    server: str
    body: str
    callers: int
    calls: int
    failed: int
    per_second: float
    p50_ms: float
    p99_ms: float
    cpu_ms: float
    resident_mb: float


def measured(contender: Contender, *, seconds: float) -> Iterator[Measured]:
    """The server under every load in turn, once it is warm."""
    sent = bodies()
    with running(contender) as server:
        for name, callers in LOADS:
            url = server.url + contender.path.format(service=sent[name].service)
            load(url, sent[name], callers=callers, seconds=WARM_SECONDS)
            before = server.cpu_seconds()
            made = load(url, sent[name], callers=callers, seconds=seconds)
            spent = server.cpu_seconds() - before
            yield Measured(
                contender.name,
                name,
                callers,
                made.calls,
                made.failed,
                made.rate,
                made.p50_ms,
                made.p99_ms,
                spent / made.calls * 1000,
                server.resident_megabytes(),
            )
            tell(f"  {contender.name}: {name}, {callers} callers, {made.rate:.0f} a second")


def compared(peers: Path | None, *, rounds: int, seconds: float) -> list[Measured]:
    """Every server in rotation, as often as there are rounds; of the figures the medians."""
    found: dict[tuple[str, str, int], list[Measured]] = {}
    for number in range(rounds):
        tell(f"round {number + 1} of {rounds}")
        for contender in contenders(peers):
            for each in measured(contender, seconds=seconds):
                found.setdefault((each.server, each.body, each.callers), []).append(each)
    return [_medians(each) for each in found.values()]


def _medians(rounds: list[Measured]) -> Measured:
    first = rounds[0]
    return Measured(
        first.server,
        first.body,
        first.callers,
        sum(each.calls for each in rounds),
        sum(each.failed for each in rounds),
        median(each.per_second for each in rounds),
        median(each.p50_ms for each in rounds),
        median(each.p99_ms for each in rounds),
        median(each.cpu_ms for each in rounds),
        median(each.resident_mb for each in rounds),
    )


def by_services() -> dict[str, float]:
    """CPU milliseconds of one call of each service on the chart of its own story."""
    return {name: stages(single(name))["whole call"] for name in SINGLES}


def growth() -> dict[int, float]:
    """CPU milliseconds of one `patient-risks` answer by how many older Observations there are."""
    line = Line()
    found = {}
    for count in GROWTH:
        content = instanced(with_observations(count).content)
        found[count] = cpu_ms(lambda: line.answer(content), times=5)  # noqa: B023 - called here
    return found


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that is measured; times are CPU milliseconds, but of `reading` microseconds."""

    versions: dict[str, str]
    bodies: dict[str, Answered]
    stages: dict[str, dict[str, float]]
    services: dict[str, float]
    growth: dict[int, float]
    reading: dict[str, float]
    servers: list[Measured]


def report(peers: Path | None, *, rounds: int, seconds: float) -> Report:
    """Measures everything: first in this process, then the servers."""
    sent = bodies()
    tell("what one call costs in this process")
    return Report(
        {"python": python_version(), **{name: version(name) for name in ("lightgbm", "flask")}},
        {name: answered(body) for name, body in sent.items()},
        {name: stages(sent[name]) for name in ("5 kB", "50 kB", "50 kB explained")},
        by_services(),
        growth(),
        readings(),
        compared(peers, rounds=rounds, seconds=seconds),
    )


def tables(found: Report) -> Iterator[str]:
    """The report as text, in lines."""
    yield "body                bytes predictors  models   cards"
    for name, body in found.bodies.items():
        counts = (body.size, body.predictors, body.models, body.cards)
        yield f"{name:16} " + " ".join(f"{each:8}" for each in counts)
    yield "\nCPU ms of a patient-risks call in this process, by stage"
    yield from (f"{name:16} {_listed(parts)}" for name, parts in found.stages.items())
    yield f"\nCPU ms of a call by service: {_listed(found.services)}"
    yield f"CPU ms by number of older Observations: {_listed(found.growth)}"
    yield f"microseconds a resource read: {_listed(found.reading)}"
    heads = ("a second", "p50 ms", "p99 ms", "CPU ms", "MB")
    yield f"\n{'server':26} {'body':16} callers " + " ".join(f"{each:>8}" for each in heads)
    for row in found.servers:
        told = (row.per_second, row.p50_ms, row.p99_ms, row.cpu_ms, row.resident_mb)
        figures = " ".join(f"{each:8.1f}" for each in told)
        failed = f"  {row.failed} FAILED" if row.failed else ""
        yield f"{row.server:26} {row.body:16} {row.callers:7} {figures}{failed}"


def _listed(figures: Mapping[Any, float]) -> str:
    return ", ".join(f"{name} {each:.2f}" for name, each in figures.items())


def plot(found: Report) -> None:
    """Draws how the CPU time of a call grows with the number of Observations."""
    figure, axes = pyplot.subplots(figsize=(6, 4))
    axes.loglog(list(found.growth), list(found.growth.values()), marker="o")
    axes.set_xlabel("older Observations in the chart")
    axes.set_ylabel("CPU milliseconds a call")
    axes.grid(visible=True, which="both", alpha=0.3)
    figure.savefig(PLOT, bbox_inches="tight")


def tell(text: str) -> None:
    """Shows how far it is."""
    print(text, file=sys.stderr, flush=True)


def main() -> None:
    """Measures, writes the file and prints the table."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--peers", type=Path, help="a Python in which HealthChain is installed")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=4.0)
    given = parser.parse_args()
    RESULT.parent.mkdir(exist_ok=True)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(CRITICAL))
    found = report(given.peers, rounds=given.rounds, seconds=given.seconds)
    RESULT.write_text(json.dumps(asdict(found), indent=1), encoding="utf-8")
    plot(found)
    print("\n".join(tables(found)))


if __name__ == "__main__":
    main()
