"""An issued card looked up again: the service whose risk it shows, and its change since."""

from dataclasses import dataclass, replace

from cds_hooks.engine.card_text import number
from cds_hooks.engine.service import Service, services
from cds_hooks.risk_detail.detail import Detail, Explained
from cds_hooks.store.assessments import KeptAssessment
from cds_hooks.store.schema import Row
from cds_hooks.store.timestamps import parsed
from predictors.predictor import Prediction


@dataclass(frozen=True, slots=True)
class ShownCard:
    """The card's row, and what it rests on."""

    card: Row
    assessments: tuple[KeptAssessment, ...]


def service_of(shown: ShownCard) -> Service | None:
    """The service whose risk the card told of; None where it told of several, or it is gone."""
    named = {each.service for each in shown.assessments} or {str(shown.card["service"])}
    found = [each for name in named if (each := services().get(name)) and not each.gathers]
    return found[0] if len(found) == len(named) == 1 else None


def compared(detail: Detail, shown: ShownCard) -> str:
    """What the risk was when the card was shown, beside what it is now; "" if that is not known."""
    at = f"{parsed(str(shown.card['issued_at'])):%Y-%m-%d %H:%M} UTC"
    explained = detail.explained
    if explained is None:
        return f"When the card was shown, {at}, there was a risk to tell of; now there is none."
    named = explained.predictor.name
    then = next((each for each in shown.assessments if each.predictor == named), None)
    return _compared(explained, then, at) if then else ""


def _compared(explained: Explained, kept: KeptAssessment, at: str) -> str:
    now = explained.prediction
    then = _prediction(kept, now)
    if then is None:
        return ""
    was, version = number(then), explained.predictor.version
    versions = f" (version {kept.version} then, {version} now)" if kept.version != version else ""
    if was == number(now):
        return f"Computed anew just now{versions}: as when the card was shown, {at}."
    return (
        f"When the card was shown, {at}, it was {was}. "
        f"On the chart of now it is {number(now)}{versions}."
    )


def _prediction(kept: KeptAssessment, now: Prediction) -> Prediction | None:
    """The prediction of the same outcome as it was kept; None if it was not."""
    found = next((each for each in kept.predictions if each.outcome == now.outcome), None)
    if found is None or found.value is None or found.low is None or found.high is None:
        return None
    # Without its inputs an assessment is kept without its note too.
    return replace(now, value=found.value, low=found.low, high=found.high, note=found.note)
