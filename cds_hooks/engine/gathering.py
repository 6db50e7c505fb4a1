"""Runs the services that another gathers at once: one that is slow or raises costs only itself."""

from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from dataclasses import replace
from functools import cache
from time import monotonic

import structlog

from cds_hooks.engine.chart import Chart
from cds_hooks.engine.eligibility import ruled_out
from cds_hooks.engine.evaluation import Evaluation, evaluate
from cds_hooks.engine.prefetch import lacking
from cds_hooks.engine.service import Service
from cds_hooks.failure import described
from predictors.predictor import Problem, Reason

THREADS = 4
"""How many charts one service may be busy with at once in one process."""

ANSWERING = 0.1
"""Seconds of a call's time that are kept for what follows when no more service is waited for.

The site's own deadline is `DEADLINE` among the service's thresholds.
"""

DEADLINE = "deadline-seconds"

log = structlog.get_logger("cds_hooks")


def gather(service: Service, chart: Chart, *, began: float) -> tuple[Evaluation, ...]:
    """What the services that this one gathers make of the chart; nothing if it is not for it.

    `began` is when the call came, in seconds of the monotonic clock.
    """
    if not service.gathers or ruled_out(service, chart.shown_to(service)) is not None:
        return ()
    return together(service.parts(chart.settings), chart, until=began + _deadline(service, chart))


def beside(service: Service, chart: Chart, *, began: float) -> tuple[Evaluation, ...]:
    """What the model versions that the site tries make of the chart, for it and for its parts."""
    tried = tuple(
        each
        for each in (service, *service.parts(chart.settings))
        if any(predictor.name in chart.models.challengers for predictor in each.uses)
    )
    made = together(tried, chart.challenged(), until=began + _deadline(service, chart))
    return tuple(replace(each, shadow=True) for each in made)


def _deadline(service: Service, chart: Chart) -> float:
    """Seconds from the call until those who are late are not waited for."""
    whole = chart.settings.fetch.deadline_ms / 1000 - ANSWERING
    return chart.settings.of(service.id).thresholds.get(DEADLINE, whole)


def together(parts: tuple[Service, ...], chart: Chart, *, until: float) -> tuple[Evaluation, ...]:
    """Evaluates each of the services on the chart, in their order.

    Who has not answered by `until`, in seconds of the monotonic clock, is late and not waited for.
    """
    # A context of its own for each, so that what its thread logs is known as this call's.
    running = [_threads(part.id).submit(copy_context().run, _begun, part, chart) for part in parts]
    wait(running, timeout=max(0.0, until - monotonic()))
    return tuple(_outcome(part, each) for part, each in zip(parts, running, strict=True))


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
