"""A card of the store with everything that it rests on, computed again."""

from dataclasses import dataclass
from functools import partial

from cds_hooks.model_registry.gate import site_folder, verified
from cds_hooks.model_registry.versions import trained_version, versions
from cds_hooks.settings.models import ModelSettings
from cds_hooks.store.assessments import KeptAssessment, KeptAssessments, KeptFact
from cds_hooks.store.card_lookup import recall
from cds_hooks.store.database import Store
from cds_hooks.store.replay import NotInstalled, Replayed, replayed
from cds_hooks.store.schema import Row
from predictors import catalogue
from predictors.predictor import Predictor


@dataclass(frozen=True, slots=True)
class Replay:
    """One assessment as it was kept, the facts it rests on, and what it gives now."""

    kept: KeptAssessment
    facts: tuple[KeptFact, ...]
    now: Replayed


@dataclass(frozen=True, slots=True)
class ReplayedCard:
    """A card's row, and its assessments; `agrees` is None where nothing could be computed again."""

    row: Row
    made: KeptAssessments
    replays: tuple[Replay, ...]

    @property
    def agrees(self) -> bool | None:
        """Whether what could be computed again gave the same."""
        verdicts = {each.now.verdict for each in self.replays} - {"not replayed"}
        return verdicts == {"agrees"} if verdicts else None


def replayed_card(store: Store, card: str, *, client: str, settings: ModelSettings) -> ReplayedCard:
    """The card with its replay; raises UnknownCard and Unavailable."""
    row, kept = recall(store, card, client=client)
    again = partial(find, settings=settings)
    replays = (
        Replay(each, facts := kept.facts_of(each), replayed(each, facts, again))
        for each in kept.assessments
    )
    return ReplayedCard(row, kept, tuple(replays))


def find(name: str, version: str, *, settings: ModelSettings) -> Predictor:
    """The score, or the model through the gate, in that version; raises NotInstalled."""
    if (score := catalogue.predictors().get(name)) is not None:
        if score.version != version:
            raise NotInstalled(f"version {version} is not installed, but {score.version}")
        return score
    if (model := catalogue.tree_models().get(name)) is None:
        raise NotInstalled(f"there is no score or model {name} any more")
    return _gated(model, version, settings)


def _gated(model: Predictor, version: str, settings: ModelSettings) -> Predictor:
    there = {trained_version(each): each for each in versions(model, site_folder(settings))}
    if version not in there:
        listed = ", ".join(sorted(filter(None, there))) or "none"
        raise NotInstalled(f"version {version} is not installed; there are: {listed}")
    (found,) = verified([there[version]], settings)
    if found.fault:
        raise NotInstalled(f"version {version} must not be asked: {found.fault}")
    return found.predictor
