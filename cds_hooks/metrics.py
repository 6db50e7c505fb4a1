"""What a metric may say of a call: the metrics, their labels, and how a call is counted.

A label is one of a fixed list (a service's id, an HTTP status), so that the number of time series
is bounded, and nothing of a chart, a token or a caller can be one.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Histogram

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
"""Upper bounds of the histogram of durations: 0.5 is the deadline unless a site has its own."""

NO_SERVICE = "none"
"""The label of a request that was refused before its service was known."""

KEPT = {None: "database", "waiting": "spool", "late": "late", "lost": "lost"}
"""Where a call's record is when its answer leaves, by the recorder's word for it."""


@dataclass(frozen=True, slots=True)
class CallCount:
    """What is counted of one request.

    `seconds` is from its first byte to its answer; `outcomes` are of a feedback post. `recorded` is
    whether it is a call, of which a record is kept, and `record` is where that is if it is not in
    the database.
    """

    service: str
    status: int
    seconds: float
    shown: int = 0
    withheld: int = 0
    outcomes: int = 0
    recorded: bool = False
    record: str | None = None


class CallMetrics:
    """The counters and the histogram of one process, in that registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.requests = Counter(
            "cds_hooks_requests",
            "Requests of the standard's endpoints by their HTTP status.",
            ("service", "status"),
            registry=registry,
        )
        self.seconds = Histogram(
            "cds_hooks_request_duration_seconds",
            "From the first byte of a request to its answer, in seconds.",
            ("service",),
            buckets=SECONDS,
            registry=registry,
        )
        self.cards = Counter(
            "cds_hooks_cards",
            "Cards that were made, shown or withheld.",
            ("service", "disposition"),
            registry=registry,
        )
        self.outcomes = Counter(
            "cds_hooks_feedback_outcomes",
            "Outcomes of cards that clients have told and that are stored.",
            ("service",),
            registry=registry,
        )
        self.records = Counter(
            "cds_hooks_records",
            "Records of calls by where they are when the answer leaves.",
            ("kept",),
            registry=registry,
        )

    def count(self, made: CallCount) -> None:
        """Counts one request."""
        service = made.service or NO_SERVICE
        self.requests.labels(service, str(made.status)).inc()
        self.seconds.labels(service).observe(made.seconds)
        for disposition, number in (("shown", made.shown), ("withheld", made.withheld)):
            if number:
                self.cards.labels(service, disposition).inc(number)
        if made.outcomes and made.status < 400:
            self.outcomes.labels(service).inc(made.outcomes)
        if made.recorded:
            self.records.labels(KEPT[made.record]).inc()


def counted(told: Mapping[str, object], *, status: int, seconds: float) -> CallCount:
    """What is counted of a request whose log line says that."""

    def number(name: str) -> int:
        value = told.get(name)
        return value if isinstance(value, int) else 0

    record = told.get("record")
    return CallCount(
        service=str(told.get("service", "")),
        status=status,
        seconds=seconds,
        shown=number("shown"),
        withheld=number("withheld"),
        outcomes=number("outcomes"),
        recorded="record" in told,
        record=record if isinstance(record, str) else None,
    )
