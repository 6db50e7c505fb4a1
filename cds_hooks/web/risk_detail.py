"""The pages of a card's detail: in the demo by its address, and the answer to a card's form."""

from collections.abc import Mapping

from flask import Blueprint, Response, make_response, render_template, request
from msgspec import UNSET

from cds_hooks.protocol.errors import BadRequest, CDSError, NotFound
from cds_hooks.protocol.feedback import Feedback, FeedbackRequest, OverrideReason, Reason, outcomes
from cds_hooks.protocol.override_reasons import override_reasons
from cds_hooks.risk_detail.detail import Detail, detail_of
from cds_hooks.settings.settings import DEMO_CLIENT, Settings
from cds_hooks.store.feedback_rows import Received, feedback_on
from cds_hooks.web.application import application
from cds_hooks.web.feedback import FEEDBACK_SECONDS, kept
from cds_hooks.web.form_tokens import Answerable, answerable, signed
from cds_hooks.web.incoming import incoming
from cds_hooks.web.markdown import inline

GONE = (
    "This card's chart is not kept any more. The demo keeps the newest charts in memory, and "
    "nothing of them anywhere else. Open the chart again for a new card."
)

details = Blueprint("details", __name__)


@details.get("/detail/<card>")
def in_the_demo(card: str) -> Response:
    """The detail of a card that the demo has just shown; there is no such page outside it."""
    app = application()
    if not app.settings.demo:
        raise NotFound("there is nothing at this address")
    found = app.demo_charts.of(card)
    if found is None:
        return plain_page("Not kept any more", GONE, status=410)
    detail = detail_of(found.chart, found.service, topic=found.topic)
    return detail_page(detail, Answerable(DEMO_CLIENT, found.called.id, card), app.settings)


@details.post("/card-feedback")
def answer() -> Response:
    """Keeps what a person says of the card whose page they look at, and tells what was kept."""
    form, coming, recorder = request.form, incoming(), application().recorder
    card = answerable(form.get("token", ""), recorder.keys)
    coming.tell(service=card.service, client=card.client)
    framed_by(card.client)
    override = _override(form.get("reason", ""), form.get("comment", "").strip())
    item = Feedback(
        card=card.card, outcome="overridden", outcome_timestamp=coming.at, override_reason=override
    )
    sent = outcomes(FeedbackRequest((item,)))
    kept(Received(sent, client=card.client, service=card.service, at=coming.at))
    rows = recorder.store.read_within(
        FEEDBACK_SECONDS, lambda connection: feedback_on(connection, card.card, client=card.client)
    )
    return page("card_feedback.html", {"rows": rows})


@details.errorhandler(CDSError)
def refuse(error: CDSError) -> Response:
    """A page that says why there is none."""
    incoming().event = "refused"
    return plain_page("This cannot be done", error.problems[0].text, status=error.status)


def framed_by(*clients: str) -> None:
    """From here on the pages of these clients' origins may hold the answer in a frame."""
    known = application().settings.clients
    origins = [each for name in clients if name in known for each in known[name].cors_origins]
    incoming().ancestors = " ".join(origins) or "'none'"


def detail_page(
    detail: Detail, card: Answerable, settings: Settings, *, compared: str = ""
) -> Response:
    """The page of a detail; `compared` says what has changed since the card was shown."""
    # What draws takes a second and 30 MB to load, which who shows no page need not spend.
    from cds_hooks.web.detail_page import on_the_page

    told = {
        "token": signed(card, application().recorder.keys),
        "reasons": override_reasons(),
        "compared": compared,
        "inline": inline,
    }
    return page("detail.html", {**on_the_page(detail, settings), **told})


def plain_page(title: str, text: str, *, status: int) -> Response:
    """A page that says one thing."""
    return page("plain.html", {"title": title, "text": text}, status=status)


def page(template: str, told: Mapping[str, object], *, status: int = 200) -> Response:
    """A page of its own, outside the site's: no script runs in it, and forms come back to us.

    Only the pages that `framed_by` named may hold it in a frame.
    """
    demo = application().settings.demo
    response = make_response(render_template(template, **told, demo=demo), status)
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
        f"base-uri 'none'; frame-ancestors {incoming().ancestors}"
    )
    return response


def _override(code: str, comment: str) -> OverrideReason:
    reason = next((each for each in override_reasons() if each.code == code), None)
    if reason is None and not comment:
        raise BadRequest("Choose a reason or write a comment: without either it tells nothing.")
    return OverrideReason(
        reason=Reason(reason.code, reason.system, reason.display) if reason else UNSET,
        user_comment=comment or UNSET,
    )
