"""`cds-hooks replay`: computes a recorded card's risks again, by the versions that made them."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cds_hooks.commands.db import at_hand
from cds_hooks.commands.options import config, settings_of

# The database and the models are imported where they are used: other commands start without them.
from cds_hooks.settings.models import ModelSettings
from cds_hooks.settings.settings import DEMO_CLIENT

if TYPE_CHECKING:
    from cds_hooks.store.replay import Replayed
    from predictors.predictor import Predictor


@click.command()
@click.argument("card")
@click.option("--client", default=DEMO_CLIENT, show_default=True, help="Whom it was issued to.")
@config
def replay(card: str, client: str, config: Path | None) -> None:
    """Compute again the risks that CARD, a card's uuid, rests on, and compare.

    The inputs are those that were kept, the versions of scores and models those that were asked.
    The exit code is 1 if anything differs, or if nothing could be computed again.
    """
    from cds_hooks.store.card_lookup import UnknownCard, recall
    from cds_hooks.store.replay import replayed
    from cds_hooks.store.upgrade import require_upgraded

    settings = settings_of(config)
    with at_hand(settings.store) as store:
        require_upgraded(store)
        try:
            row, kept = recall(store, card.removeprefix("urn:uuid:").lower(), client=client)
        except UnknownCard:
            raise click.ClickException(f"no such card is kept of the client {client}") from None
    again = partial(find, settings=settings.models)
    made = [replayed(each, kept.facts_of(each), again) for each in kept.assessments]
    click.echo(", ".join(str(row[name]) for name in ("service", "indicator", "issued_at")))
    for line in (line for each in made for line in _told(each)):
        click.echo(line)
    if not made:
        click.echo("It rests on no assessment that is still kept.")
    verdicts = {each.verdict for each in made}
    if "agrees" not in verdicts or "differs" in verdicts:
        raise SystemExit(1)


def find(name: str, version: str, *, settings: ModelSettings) -> "Predictor":
    """The score, or the model through the gate, in that version; raises NotInstalled."""
    from cds_hooks.store.replay import NotInstalled
    from predictors.catalogue import predictors, tree_models

    if (score := predictors().get(name)) is not None:
        if score.version != version:
            raise NotInstalled(f"version {version} is not installed, but {score.version}")
        return score
    if (model := tree_models().get(name)) is None:
        raise NotInstalled(f"there is no score or model {name} any more")
    return _gated(model, version, settings)


def _gated(model: "Predictor", version: str, settings: ModelSettings) -> "Predictor":
    from cds_hooks.model_registry.gate import site_folder, verified
    from cds_hooks.model_registry.versions import trained_version, versions
    from cds_hooks.store.replay import NotInstalled

    there = {trained_version(each): each for each in versions(model, site_folder(settings))}
    if version not in there:
        listed = ", ".join(sorted(filter(None, there))) or "none"
        raise NotInstalled(f"version {version} is not installed; there are: {listed}")
    (found,) = verified([there[version]], settings)
    if found.fault:
        raise NotInstalled(f"version {version} must not be asked: {found.fault}")
    return found.predictor


def _told(made: "Replayed") -> Iterator[str]:
    risk = f": {made.risk}" if made.risk else ""
    yield f"{made.predictor} {made.version}  {made.verdict}{risk}"
    yield from (f"  {each}" for each in made.because)
