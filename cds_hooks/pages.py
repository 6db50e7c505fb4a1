"""The page that people open: what is served and, in the demo, sample patients and their cards."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import NAMESPACE_URL, uuid5

import msgspec
from flask import Blueprint, current_app, render_template, request
from markdown_it import MarkdownIt
from markupsafe import Markup

from cds_hooks.account import EXTENSION
from cds_hooks.assess import respond
from cds_hooks.cards import Card, CDSResponse
from cds_hooks.config import Settings
from cds_hooks.models import Models
from cds_hooks.offline import hook_body
from cds_hooks.outcomes import CDSError, NotFound
from cds_hooks.samples import samples
from cds_hooks.service import Service, services
from cds_hooks.wire import encode, read_request

pages = Blueprint("pages", __name__)

MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")


@dataclass(frozen=True, slots=True)
class Told:
    """What one service said of a sample: its cards, what it did not assess, or why it refused."""

    service: Service
    cards: tuple[Card, ...]
    not_assessed: tuple[str, ...]
    refusal: str = ""


@pages.get("/")
def home() -> str:
    """The services, and in the demo a sample patient's cards (`?sample=NAME`)."""
    settings: Settings = current_app.config["SETTINGS"]
    offered = samples() if settings.demo else {}
    name = request.args.get("sample", next(iter(offered), ""))
    if name and name not in offered:
        raise NotFound("no such sample")
    models = current_app.config["GATE"].models
    answers = list(_answers(offered[name].read_bytes(), settings, models)) if name else []
    return render_template(
        "home.html",
        services=[each for each in services().values() if each.mode(settings) != "off"],
        samples=offered,
        chosen=name,
        answers=answers,
        markdown=_html,
        pretty=_pretty,
    )


def _answers(bundle: bytes, settings: Settings, models: Models) -> Iterator[Told]:
    now = datetime.now(UTC)
    for service in services().values():
        instance = str(uuid5(NAMESPACE_URL, service.id))
        body = hook_body(bundle, service, settings, hook_instance=instance)
        try:
            sent = read_request(body)
            answer = respond(service, sent, settings=settings, now=now, models=models)
        except CDSError as error:
            yield Told(service, (), (), refusal=str(error))
        else:
            response = answer.response
            yield Told(service, response.cards, tuple(_not_assessed(response)))


def _not_assessed(response: CDSResponse) -> Iterator[str]:
    told = msgspec.to_builtins(response.extension) if response.extension else {}
    yield from (reason["text"] for reason in told.get(EXTENSION, {}).get("notAssessed", ()))


def _html(markdown: str) -> Markup:
    """Card detail as HTML; raw HTML in it is shown as text, links are not made."""
    return Markup(MARKDOWN.render(markdown))  # noqa: S704 - markdown-it escapes what it is given


def _pretty(value: Mapping[str, object]) -> str:
    return msgspec.json.format(encode(value), indent=2).decode()
