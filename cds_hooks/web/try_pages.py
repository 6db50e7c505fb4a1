"""The pages of Try it, in the demo alone: a chart is opened, its cards are answered."""

from collections.abc import Mapping
from datetime import UTC, datetime
from io import BytesIO

import msgspec
from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser

from cds_hooks.bundles import ehr
from cds_hooks.bundles.chart_reading import record_of, sections
from cds_hooks.bundles.ehr import UnusableBundle
from cds_hooks.bundles.samples import samples
from cds_hooks.engine.service import services
from cds_hooks.protocol.errors import CDSError, Forbidden, NotFound, StoreUnavailable
from cds_hooks.protocol.feedback import outcomes
from cds_hooks.protocol.json import encode, read_feedback
from cds_hooks.protocol.override_reasons import override_reasons
from cds_hooks.settings.settings import DEMO_CLIENT, Settings
from cds_hooks.store.database import Unavailable
from cds_hooks.store.feedback_rows import Received, feedback_on
from cds_hooks.web.application import application
from cds_hooks.web.feedback import FEEDBACK_SECONDS, kept
from cds_hooks.web.home import labels, offered_services, refuse
from cds_hooks.web.incoming import incoming
from cds_hooks.web.markdown import block
from cds_hooks.web.try_it import LARGEST_CHART, Exchange, asked, opened, quiet, ranked

LONGEST_RAW = 20_000
"""Characters of a body that are shown where many are; of a single call ten times as many."""

trying = Blueprint("trying", __name__, url_prefix="/try")
trying.register_error_handler(CDSError, refuse)


@trying.before_request
def _in_the_demo_alone() -> None:
    if not _settings().demo:
        raise NotFound("There is nothing at this address.")
    # No other site's page may make a person's browser send it.
    if request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
        raise Forbidden("This was sent by another site's page.")


@trying.get("")
def choose() -> str:
    """The form."""
    service = request.args.get("service", "")
    return render_template("try.html", **offered_services(_settings()), service=service)


@trying.post("")
def open_chart() -> tuple[str, int]:
    """Calls the services for the chart that was chosen or sent.

    It stays in memory for the details of its cards; of one that was sent no value is recorded.
    """
    offered = offered_services(_settings())
    try:
        form, file = _form()
        name, bundle = _chart(form, file)
        chosen = {"chosen": form.get("sample", ""), "service": form.get("service", "")}
        result = _result(name, bundle, form.get("service", ""), private=file is not None)
    except RequestEntityTooLarge:
        refusal = (
            f"This file is larger than {LARGEST_CHART // 1_000_000} MB, which is all that is read."
        )
        return render_template("try.html", **offered, refusal=refusal), 413
    except UnusableBundle as error:
        refusal = f"This file cannot be opened as a chart: {error}."
        return render_template("try.html", **offered, refusal=refusal), 400
    return render_template("try.html", **{**offered, **chosen, "result": result}, **_FILTERS), 200


@trying.post("/feedback")
def answer() -> Response:
    """Feedback without a script: sent on as the standard's, by the line of the real endpoint."""
    form = request.form
    service = form.get("service", "")
    if service not in services():
        raise NotFound("There is no such service.")
    sent = outcomes(read_feedback(encode({"feedback": [_item(form)]})))
    kept(Received(sent, client=DEMO_CLIENT, service=service, at=incoming().at))
    return redirect(url_for("trying.stored", card=form["card"]), 303)  # type: ignore[return-value] # of the same class


@trying.get("/feedback")
def stored() -> str:
    """The feedback on a card as it is stored, read back from the database."""
    card, store = request.args.get("card", ""), application().recorder.store
    try:
        rows = store.read_within(
            FEEDBACK_SECONDS, lambda c: feedback_on(c, card, client=DEMO_CLIENT)
        )
    except Unavailable:
        raise StoreUnavailable("The database cannot be read now.") from None
    return render_template("stored.html", rows=rows, demo=True)


def _settings() -> Settings:
    return application().settings


def _form() -> tuple[Mapping[str, str], FileStorage | None]:
    """What was sent; a file is never written to the disk, as the framework's own parser would."""
    parser = FormDataParser(stream_factory=_in_memory, max_content_length=LARGEST_CHART)
    _, form, files = parser.parse_from_environ(request.environ)
    file = files.get("bundle")
    return form, file if file and file.filename else None


def _in_memory(*_: object, **__: object) -> BytesIO:
    return BytesIO()


def _chart(form: Mapping[str, str], file: FileStorage | None) -> tuple[str, bytes]:
    if file is not None:
        return file.filename or "", file.read()
    name, offered = form.get("sample", ""), samples()
    if name not in offered:
        raise NotFound("There is no such sample.")
    return labels()[name], offered[name].read_bytes()


def _result(name: str, bundle: bytes, service: str, *, private: bool) -> Mapping[str, object]:
    app = application()
    those = asked(app.offers[DEMO_CLIENT], service)
    if not those:
        raise NotFound("There is no such service here.")
    held = ehr.resources(bundle)
    record = record_of(held, app.settings.site_map)
    result = opened(
        held,
        those,
        models=app.models,
        recorder=app.recorder,
        private=private,
    )
    for each in result.exchanges:
        if each.answer:
            app.demo_charts.keep(each.answer)
    read = sections(record, held)
    return {
        "name": name,
        "person": "; ".join(line.what for line in read[0].lines),
        "as_of": _as_of(result.exchanges),
        "ranked": ranked(result.exchanges),
        "quiet": quiet(result),
        "sections": read,
        "exchanges": result.exchanges,
        "longest": LONGEST_RAW if len(those) > 1 else 10 * LONGEST_RAW,
    }


def _as_of(exchanges: tuple[Exchange, ...]) -> str:
    return next((str(each.answer.chart.as_of.date()) for each in exchanges if each.answer), "")


def _item(form: MultiDict[str, str]) -> Mapping[str, object]:
    """One item of the standard's feedback, of the form's fields."""
    item: dict[str, object] = {
        "card": form.get("card", ""),
        "outcome": form.get("outcome", ""),
        "outcomeTimestamp": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    if form.get("suggestion"):
        item["acceptedSuggestions"] = [{"id": form["suggestion"]}]
    reason = next((r for r in override_reasons() if r.code == form.get("reason")), None)
    comment = form.get("comment", "")
    if reason or comment:
        told = {"reason": reason} if reason else {}
        item["overrideReason"] = told | ({"userComment": comment} if comment else {})
    return item


def _pretty(value: object) -> str:
    return msgspec.json.format(encode(value), indent=2).decode()


def _raw(body: bytes, longest: int) -> str:
    text = msgspec.json.format(body, indent=2).decode()
    more = len(text) - longest
    return text if more <= 0 else f"{text[:longest]}\n… and {more:,} characters more"


_FILTERS: Mapping[str, object] = {"block": block, "pretty": _pretty, "raw": _raw}
