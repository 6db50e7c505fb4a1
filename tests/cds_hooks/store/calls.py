"""Calls for tests: an answer to a small chart, and the rows that it leaves."""

from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import select

from cds_hooks.engine.answer import Answer
from cds_hooks.engine.call import Call
from cds_hooks.engine.discovery import offered
from cds_hooks.engine.respond import respond
from cds_hooks.engine.service import services
from cds_hooks.protocol.json import encode, read_request
from cds_hooks.settings.settings import Settings
from cds_hooks.store.database import Store
from cds_hooks.store.schema import metadata, plain
from tests.charts import ALL_LIVE, NOW, Resource, patient, request, result, visit_for

HOOK = {"userId": "Practitioner/SECRET-user", "encounterId": "SECRET-encounter"}
HYPERKALAEMIA = (patient(), result("potassium", 6.9))


def call(id: str = "call-1", client: str = "demo") -> Call:
    return Call(client, id, NOW)


def answer(
    *resources: Resource, service: str = "lab-safety", settings: Settings = ALL_LIVE
) -> Answer:
    """What the service answers to a chart of these resources, in full."""
    called = services()[service]
    chart = (*(resources or HYPERKALAEMIA), *visit_for(called))
    sent = request(called, *chart, settings=settings)
    sent["context"] |= HOOK
    asked = read_request(encode(sent), called.hook)
    return respond(offered(called, settings), asked, now=NOW)


def remembered(store: Store) -> Mapping[str, list[dict[str, Any]]]:
    """Every row, by table."""
    with store.reading() as connection:
        return {
            table.name: [
                dict(plain(row))
                for row in connection.execute(select(table).order_by(*table.primary_key.columns))
            ]
            for table in metadata.sorted_tables
        }


def decoded(text: str) -> Any:
    return msgspec.json.decode(text)
