"""Runs the services that another gathers at once: one that is slow or raises costs only itself."""

from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import cache
from time import monotonic

import structlog

from cds_hooks.chart import Chart
from cds_hooks.config import Settings
from cds_hooks.evaluation import Evaluation, evaluate
from cds_hooks.failure import described
from cds_hooks.prefetch import lacking
from cds_hooks.service import Service
from predictors.predictor import Problem, Reason

THREADS = 4
"""How many charts one service may be busy with at once in one process."""

DEADLINE = 0.4
"""Seconds from the call to the answer, unless the site's `deadline-seconds` says otherwise."""

log = structlog.get_logger("cds_hooks")


def together(parts: tuple[Service, ...], chart: Chart, *, until: float) -> tuple[Evaluation, ...]:
    """Evaluates each of the services on the chart, in their order.

    `until` is a time of the monotonic clock, in seconds: who has not answered by then is late, and
    is not waited for.
    """
    running = [_threads(part.id).submit(_begun, part, chart) for part in parts]
    wait(running, timeout=max(0.0, until - monotonic()))
    return tuple(_outcome(part, each) for part, each in zip(parts, running, strict=True))


def deadline(service: Service, settings: Settings) -> float:
    """How many seconds after the call the service answers without the parts that are late."""
    return settings.of(service.id).thresholds.get("deadline-seconds", DEADLINE)


@cache
def _threads(service_id: str) -> ThreadPoolExecutor:
    """The service's own threads, so that one that hangs does not use up those of the others."""
    return ThreadPoolExecutor(THREADS, thread_name_prefix=service_id)


def _begun(part: Service, chart: Chart) -> Evaluation:
    reasons = tuple(
        Reason("", Problem.MISSING, f"needs {key}, which is {chart.record.availability[key]}")
        for key in lacking(part, chart.record)
    )
    return Evaluation(part, reasons=reasons) if reasons else evaluate(part, chart)


def _outcome(part: Service, running: Future[Evaluation]) -> Evaluation:
    if running.cancel() or not running.done():
        log.warning("late", service=part.id)
        return Evaluation(part, unanswered="late")
    if (error := running.exception()) is not None:
        log.error("failed", service=part.id, **described(error))
        return Evaluation(part, unanswered="failed")
    return running.result()
