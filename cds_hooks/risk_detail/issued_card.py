"""An issued card looked up again: the service whose risk it shows, and its change since."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from cds_hooks.engine.card_text import number
from cds_hooks.engine.service import Service, services
from cds_hooks.risk_detail.detail import Detail, Explained
from cds_hooks.store.schema import Row
from cds_hooks.store.timestamps import parsed


@dataclass(frozen=True, slots=True)
class ShownCard:
    """The card's row, and those of its assessments that are still kept."""

    card: Row
    assessments: tuple[Row, ...]


def service_of(shown: ShownCard) -> Service | None:
    """The service whose risk the card told of; None where it told of several, or it is gone."""
    named = {str(each["service"]) for each in shown.assessments} or {str(shown.card["service"])}
    found = [each for name in named if (each := services().get(name)) and not each.gathers]
    return found[0] if len(found) == len(named) == 1 else None


def compared(detail: Detail, shown: ShownCard) -> str:
    """What the risk was when the card was shown, beside what it is now; "" if that is not known."""
    at = f"{parsed(str(shown.card['issued_at'])):%Y-%m-%d %H:%M} UTC"
    explained = detail.explained
    if explained is None:
        return f"When the card was shown, {at}, there was a risk to tell of; now there is none."
    row = next((e for e in shown.assessments if e["predictor"] == explained.predictor.name), None)
    return _compared(explained, row, at) if row else ""


def _compared(explained: Explained, row: Row, at: str) -> str:
    now = explained.prediction
    then = _prediction(row, now.outcome)
    if not then:
        return ""
    was = number(replace(now, **{name: then[name] for name in ("value", "low", "high", "note")}))
    version = explained.predictor.version
    versions = (
        f" (version {row['version']} then, {version} now)" if row["version"] != version else ""
    )
    if was == number(now):
        return f"Computed anew just now{versions}: as when the card was shown, {at}."
    return (
        f"When the card was shown, {at}, it was {was}. "
        f"On the chart of now it is {number(now)}{versions}."
    )


def _prediction(row: Row, outcome: str) -> Mapping[str, Any]:
    told: list[dict[str, Any]] = msgspec.json.decode(str(row["predictions"]))
    found = next((each for each in told if each["outcome"] == outcome), None)
    # Without its inputs an assessment is kept without its note too.
    return {"note": "", **found} if found and found["value"] is not None else {}
