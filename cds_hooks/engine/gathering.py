"""Runs the services that another gathers: one that is slow or raises costs only itself.

Services are pure and take well under a millisecond, so they run in turn in one thread that the call
waits for. Only where one takes longer than `STUCK` a further thread goes on with those after it, so
that a service that hangs keeps back nothing but itself. Whoever has not answered by the call's
deadline is late: it is named in the response, and its result is dropped.
"""

from collections import Counter, deque
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from dataclasses import replace
from threading import Lock
from time import monotonic

import structlog

from cds_hooks.engine.chart import Chart
from cds_hooks.engine.discovery import OfferedService
from cds_hooks.engine.eligibility import ruled_out
from cds_hooks.engine.evaluation import Evaluation, evaluate
from cds_hooks.engine.prefetch import lacking
from cds_hooks.engine.service import Service
from cds_hooks.logs import described
from predictors.predictor import Problem, Reason

MOST_AT_ONCE = 4
"""How many charts one service may be busy with at once in one process: one that hangs for ever is
not begun again."""

THREADS = 256
"""More than all services together may keep busy; a thread is made when it is first needed."""

STUCK = 0.05
"""Seconds after which the services behind one that has not answered are gone on with."""

ANSWERING = 0.1
"""Seconds of a call's time that are kept for what follows when no more service is waited for.

The site's own deadline is `DEADLINE` among the service's thresholds.
"""

DEADLINE = "deadline-seconds"

_threads = ThreadPoolExecutor(THREADS, thread_name_prefix="evaluate")
_busy: Counter[str] = Counter()
_counting = Lock()

log = structlog.get_logger("cds_hooks")


def gather(offered: OfferedService, chart: Chart, *, began: float) -> tuple[Evaluation, ...]:
    """What the services that this one gathers make of the chart; nothing if it is not for it.

    `began` is when the call came, in seconds of the monotonic clock.
    """
    if not offered.parts or ruled_out(offered.service, chart.shown_to(offered.service)) is not None:
        return ()
    parts = tuple(part.service for part in offered.parts)
    return evaluated(parts, chart, until=began + _deadline(offered))


def on_trial(offered: OfferedService, chart: Chart, *, began: float) -> tuple[Evaluation, ...]:
    """What the model versions that the site tries make of the chart, for it and for its parts."""
    tried = tuple(
        each.service
        for each in (offered, *offered.parts)
        if any(predictor.name in chart.models.challengers for predictor in each.service.uses)
    )
    if not tried:
        return ()
    made = evaluated(tried, chart.challenged(), until=began + _deadline(offered))
    return tuple(replace(each, shadow=True) for each in made)


def _deadline(offered: OfferedService) -> float:
    """Seconds from the call until those who are late are not waited for."""
    whole = offered.settings.fetch.deadline_ms / 1000 - ANSWERING
    return offered.settings.of(offered.service.id).thresholds.get(DEADLINE, whole)


def evaluated(parts: tuple[Service, ...], chart: Chart, *, until: float) -> tuple[Evaluation, ...]:
    """Evaluates each of the services on the chart, in their order.

    Who has not answered by `until`, in seconds of the monotonic clock, is late.
    """
    waiting, made = deque(parts), dict[str, Evaluation]()
    running: set[Future[None]] = set()
    while len(made) < len(parts) and (left := until - monotonic()) > 0:
        if not waiting and not running:
            break
        if waiting:
            # A context of its own, so that what its thread logs is known as this call's.
            running.add(_threads.submit(copy_context().run, _work_off, waiting, chart, made))
        _, running = wait(running, timeout=min(left, STUCK), return_when=FIRST_COMPLETED)
    waiting.clear()
    return tuple(made.get(part.id) or _late(part) for part in parts)


def _work_off(waiting: deque[Service], chart: Chart, made: dict[str, Evaluation]) -> None:
    """Evaluates those who wait, in turn, until none is left; one that raises has failed."""
    while waiting:
        try:
            part = waiting.popleft()
        except IndexError:  # another thread has just taken the last one
            return
        made[part.id] = _isolated(part, chart)


def _isolated(part: Service, chart: Chart) -> Evaluation:
    if not _begins(part):
        return _late(part)
    try:
        return _evaluation(part, chart)
    except Exception as error:  # noqa: BLE001 - whatever it is, it costs this service alone
        log.error("failed", service=part.id, **described(error))
        return Evaluation(part, unanswered="failed")
    finally:
        with _counting:
            _busy[part.id] -= 1


def _begins(part: Service) -> bool:
    with _counting:
        free = _busy[part.id] < MOST_AT_ONCE
        _busy[part.id] += free
    return free


def _evaluation(part: Service, chart: Chart) -> Evaluation:
    reasons = tuple(
        Reason("", Problem.MISSING, f"needs {key}, which is {chart.record.availability[key]}")
        for key in lacking(part, chart.record)
    )
    return Evaluation(part, reasons=reasons) if reasons else evaluate(part, chart)


def _late(part: Service) -> Evaluation:
    log.warning("late", service=part.id)
    return Evaluation(part, unanswered="late")
