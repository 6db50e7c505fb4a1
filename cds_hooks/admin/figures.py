"""Pages of figures from the store: how services are heeded, and what changed from day to day."""

from flask import Blueprint, render_template, request

from cds_hooks.admin.bounded import MOST_CALLS, bounded
from cds_hooks.admin.burden import Heeded, heeded
from cds_hooks.admin.changes import changes, met
from cds_hooks.admin.charts import bars, course_of
from cds_hooks.admin.context import READ_SECONDS, admin
from cds_hooks.admin.period import asked_period
from cds_hooks.admin.weekly import points, weeks
from cds_hooks.engine.service import services
from cds_hooks.protocol.errors import NotFound

figures = Blueprint("figures", __name__)


@figures.get("/")
def overview() -> str:
    """Every service in the period: calls, cards, and which is overridden most and why."""
    period = asked_period(request.args)
    found = admin().recorder.store.read_within(READ_SECONDS, lambda c: heeded(c, period))
    overridden = [each for each in found if each.overridden]
    rows = [(_title(each.service), each.overridden, str(each.overridden)) for each in overridden]
    chart = bars(rows, name="overrides-by-service") if rows else None
    told = {"found": found, "chart": chart, "period": period, "rate": _rate}
    return render_template("overview.html", **told, services=services())


@figures.get("/services/<id>")
def service(id: str) -> str:
    """One service in the period: its overrides by week, and the reasons for them."""
    period, store = asked_period(request.args), admin().recorder.store
    found = store.read_within(READ_SECONDS, lambda c: heeded(c, period))
    own = next((each for each in found if each.service == id), None)
    if own is None:
        if id not in services():
            raise NotFound("there is no such service")
        own = Heeded(id, 0, 0, 0, 0, 0, ())
    rows = [(reason, number, str(number)) for reason, number in own.reasons]
    chart = bars(rows, name="override-reasons") if rows else None
    by_week = store.read_within(READ_SECONDS, lambda c: weeks(c, period, service=id))
    run = course_of(points(by_week), name="overrides-by-week") if by_week else None
    told = {"own": own, "chart": chart, "period": period, "rate": _rate, "weeks": by_week}
    return render_template("service_figures.html", **told, run=run, services=services())


@figures.get("/changes")
def changed() -> str:
    """Which versions and modes calls met, and when one took another's place."""
    period, store = asked_period(request.args), admin().recorder.store
    bound = store.read_within(READ_SECONDS, lambda c: bounded(c, period))
    found = store.read_within(READ_SECONDS, lambda c: met(c, bound.period))
    told = {"met": found, "changes": changes(found), "period": period}
    return render_template("changes.html", **told, bound=bound, most=MOST_CALLS)


def _rate(each: Heeded) -> str:
    """Its override rate in words, with the numbers that it is of."""
    if each.override_rate is None:
        return "no card answered"
    answered = each.accepted + each.overridden
    return f"{each.override_rate:.0%} ({each.overridden} of {answered})"


def _title(id: str) -> str:
    return services()[id].title if id in services() else id
