"""Pages that look one thing up: a card with its replay, override comments, the store's health."""

from flask import Blueprint, redirect, render_template, request, url_for
from msgspec import UNSET
from werkzeug import Response

from cds_hooks.admin.comments import MOST, comments
from cds_hooks.admin.context import READ_SECONDS, admin
from cds_hooks.admin.period import asked_period
from cds_hooks.admin.replaying import replayed_card
from cds_hooks.engine.service import services
from cds_hooks.protocol.errors import NotFound
from cds_hooks.protocol.override_reasons import override_reasons
from cds_hooks.store.assessments import KeptFact
from cds_hooks.store.card_lookup import UnknownCard, clients_of
from cds_hooks.store.feedback_rows import feedback_on
from cds_hooks.web.health import of_store

lookups = Blueprint("lookups", __name__)


@lookups.get("/cards")
def find_card() -> Response | str:
    """The form for a card's id, as the EHR's log or feedback has it."""
    sought = request.args.get("card", "").strip().removeprefix("urn:uuid:").lower()
    if sought:
        return redirect(url_for("lookups.card", card=sought))
    return render_template("find_card.html")


@lookups.get("/cards/<card>")
def card(card: str) -> str:
    """What happened to a card: why it was made, shown or not, what became of it, and its replay."""
    found = admin()
    store = found.recorder.store
    owners = store.read_within(READ_SECONDS, lambda connection: clients_of(connection, card))
    client = request.args.get("client") or next(iter(owners), "")
    try:
        replayed = replayed_card(store, card, client=client, settings=found.settings.models)
    except UnknownCard:
        raise NotFound(
            "no such card is kept: it is older than the retention, waits in a host's spool, or was"
            " never issued"
        ) from None
    answers = store.read_within(
        READ_SECONDS, lambda connection: feedback_on(connection, card, client=client)
    )
    told = {"card": replayed, "answers": answers, "owners": owners, "client": client}
    return render_template("card.html", **told, services=services(), given=given)


def given(fact: KeptFact) -> str:
    """What a predictor was given of an input, as a person reads it."""
    if fact.alternatives:
        return " or ".join(map(str, fact.alternatives))
    if fact.given is UNSET or fact.given is None:
        return "nothing"
    if isinstance(fact.given, bool):
        return "yes" if fact.given else "no"
    return f"{len(fact.given)} values" if isinstance(fact.given, tuple) else f"{fact.given}"


@lookups.get("/comments")
def read_comments() -> str:
    """What clinicians wrote when they overrode a card, newest first."""
    period, service = asked_period(request.args), request.args.get("service", "")
    found = admin().recorder.store.read_within(
        READ_SECONDS, lambda connection: comments(connection, period, service=service)
    )
    told = {"comments": found, "period": period, "service": service, "most": MOST}
    reasons = {each.code: each.display for each in override_reasons()}
    return render_template("comments.html", **told, services=services(), reasons=reasons)


@lookups.get("/health")
def health() -> str:
    """How the database, its clock and this host's spool are."""
    return render_template("health.html", wrong=of_store(admin().recorder))
