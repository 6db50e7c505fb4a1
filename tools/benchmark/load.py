"""Callers that keep their connections and call without pause, in two processes of threads."""

import http.client
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from multiprocessing import get_context
from statistics import median, quantiles
from urllib.parse import urlsplit
from uuid import uuid4

from tools.benchmark.charts import NO_HOOK_INSTANCE, Body

CALLING_PROCESSES = 2
JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True, slots=True)
class Loaded:
    """What callers saw: seconds of each call, calls by status, and seconds in all."""

    seconds: tuple[float, ...]
    statuses: Counter[int]
    lasted: float

    @property
    def calls(self) -> int:
        """How many were answered, whatever was answered."""
        return len(self.seconds)

    @property
    def failed(self) -> int:
        """How many were answered with anything but 200."""
        return self.calls - self.statuses[HTTPStatus.OK]

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.calls / self.lasted

    @property
    def p50_ms(self) -> float:
        """The median of the calls, in milliseconds."""
        return median(self.seconds) * 1000

    @property
    def p99_ms(self) -> float:
        """What one in a hundred calls takes longer than, in milliseconds."""
        return quantiles(self.seconds, n=100)[98] * 1000 if self.calls > 1 else self.p50_ms


def load(url: str, body: Body, *, callers: int, seconds: float) -> Loaded:
    """Calls the URL with the body for so long with so many callers at once."""
    processes = min(CALLING_PROCESSES, callers)
    shares = [len(range(each, callers, processes)) for each in range(processes)]
    calling = partial(_process, url, body.content, seconds)
    with get_context("spawn").Pool(processes) as pool:
        parts = pool.map(calling, shares)
    times = [each for part in parts for each in part[0]]
    statuses = sum((part[1] for part in parts), Counter[int]())
    return Loaded(tuple(times), statuses, max(part[2] for part in parts))


def _process(
    url: str, content: bytes, seconds: float, callers: int
) -> tuple[list[float], Counter[int], float]:
    began = time.perf_counter()
    with ThreadPoolExecutor(callers) as threads:
        calling = partial(_caller, url, content, began + seconds)
        found = list(threads.map(lambda _: calling(), range(callers)))
    lasted = time.perf_counter() - began
    return (
        [each for times, _ in found for each in times],
        sum((statuses for _, statuses in found), Counter[int]()),
        lasted,
    )


def _caller(url: str, content: bytes, until: float) -> tuple[list[float], Counter[int]]:
    target, times, statuses = urlsplit(url), list[float](), Counter[int]()
    connection = http.client.HTTPConnection(target.hostname or "", target.port)
    before, _, after = content.partition(NO_HOOK_INSTANCE)
    while (began := time.perf_counter()) < until:
        connection.request("POST", target.path, _joined(before, after), JSON)
        answer = connection.getresponse()
        answer.read()
        times.append(time.perf_counter() - began)
        statuses[answer.status] += 1
    connection.close()
    return times, statuses


def _joined(before: bytes, after: bytes) -> bytes:
    return before + str(uuid4()).encode() + after
