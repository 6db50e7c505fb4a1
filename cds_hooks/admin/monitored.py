"""Pages of monitoring: is a service still calibrated here, and is a model given other values."""

from flask import Blueprint, render_template, request

from cds_hooks.admin.bounded import MOST_CALLS
from cds_hooks.admin.calibration_figures import figures_of, imported, points, read
from cds_hooks.admin.charts import course_of
from cds_hooks.admin.context import READ_SECONDS, admin
from cds_hooks.admin.drift_figures import compared
from cds_hooks.admin.period import asked_period, before
from cds_hooks.engine.service import services
from cds_hooks.monitoring.calibration import LIMITS, is_beyond
from cds_hooks.monitoring.drift import LOOKS
from predictors import catalogue

monitored = Blueprint("monitored", __name__)


@monitored.get("/calibration")
def calibration() -> str:
    """How a service's predictions agree with an outcome: all, by group, and month by month."""
    period, store = asked_period(request.args), admin().recorder.store
    service, mode = request.args.get("service", ""), request.args.get("mode", "live")
    known = store.read_within(READ_SECONDS, imported)
    outcome = request.args.get("outcome") or next(iter(known), "")
    told = {"period": period, "service": service, "outcome": outcome, "mode": mode}
    choices = {"services": services(), "outcomes": known, "most": MOST_CALLS}
    if not service:
        return render_template("calibration.html", **told, **choices, right=None)
    bound, made = store.read_within(
        READ_SECONDS, lambda c: read(c, period, service=service, outcome=outcome)
    )
    right = figures_of(made, mode=mode)
    drawn = points(right.course)
    chart = course_of(drawn, name="observed-to-expected") if drawn else None
    shown = {"right": right, "bound": bound, "chart": chart, "limits": LIMITS}
    return render_template("calibration.html", **told, **choices, **shown, is_beyond=is_beyond)


@monitored.get("/drift")
def drift() -> str:
    """What a predictor was given in a period beside a reference period, alarms first."""
    period = asked_period(request.args)
    named = {"from": "reference-from", "to": "reference-to"}
    earlier = {key: value for key, name in named.items() if (value := request.args.get(name))}
    reference = asked_period(earlier) if earlier else before(period)
    predictor = request.args.get("predictor", "")
    told = {"period": period, "reference": reference, "predictor": predictor, "looks": LOOKS}
    names = sorted({*catalogue.predictors(), *catalogue.tree_models()})
    found = None
    if predictor:
        found = admin().recorder.store.read_within(
            READ_SECONDS, lambda c: compared(c, predictor, reference=reference, period=period)
        )
    return render_template("drift.html", **told, names=names, found=found, most=MOST_CALLS)
