"""From a token to the detail of the card that it was launched for: only on that card's patient."""

from dataclasses import dataclass
from datetime import datetime

from cds_hooks.engine.discovery import OfferedService, offered
from cds_hooks.engine.model_set import Models
from cds_hooks.engine.respond import opened
from cds_hooks.engine.service import Service
from cds_hooks.fhir_client.queries import query
from cds_hooks.fhir_client.scopes import Grant, granted
from cds_hooks.protocol.hooks import Context, HookRequest
from cds_hooks.protocol.prefetch import Fetch
from cds_hooks.risk_detail.detail import Detail, detail_of
from cds_hooks.risk_detail.issued_card import ShownCard, service_of
from cds_hooks.settings.settings import Settings
from cds_hooks.smart.app import LaunchRefused
from cds_hooks.store.card_lookup import UnknownCard, recall
from cds_hooks.store.database import Store
from cds_hooks.store.pseudonyms import Keys


@dataclass(frozen=True, slots=True)
class Reader:
    """How a client's charts are read and assessed."""

    settings: Settings
    models: Models
    fetch: Fetch


def shown_card(store: Store, uuid: str, *, client: str, patient: str, keys: Keys) -> ShownCard:
    """The card of that uuid, if it was the client's, and of that patient.

    Raises LaunchRefused, alike for a card that there is not and for another's, and Unavailable.
    """
    try:
        card, kept = recall(store, uuid, client=client)
    except UnknownCard:
        raise LaunchRefused("no such card") from None
    known = keys.every("patient", patient.removeprefix("Patient/"), client=client)
    if card["patient_id"] not in known or not card["shown"]:
        raise LaunchRefused("another patient")
    return ShownCard(card, kept.assessments)


def told_by(shown: ShownCard, settings: Settings) -> Service:
    """The service whose risk the card told of; raises LaunchRefused if it is none or off now."""
    service = service_of(shown)
    if service is None or service.mode(settings) == "off":
        raise LaunchRefused("no such service")
    return service


def opened_detail(
    shown: ShownCard,
    service: Service,
    asked: HookRequest[Context],
    reader: Reader,
    *,
    now: datetime,
) -> Detail:
    """The detail on the chart as it is now; raises LaunchRefused, and what `opened` raises."""
    offer = offered(service, reader.settings)
    _require_scopes(offer, asked)
    chart = opened(offer, asked, now=now, models=reader.models, fetch=reader.fetch)
    return detail_of(chart, service, topic=str(shown.card["topic"] or ""))


def _require_scopes(offer: OfferedService, asked: HookRequest[Context]) -> None:
    """Raises LaunchRefused where the token does not let us read what the service requires."""
    scope = asked.fhir_authorization.scope if asked.fhir_authorization else ""
    wanted = {key: query(each, asked.context) for key, each in offer.templates.items()}
    for key in offer.service.required:
        each = wanted.get(key)
        if each and granted(str(scope), each.kind, each.interaction) is Grant.NONE:
            raise LaunchRefused("scope")
