"""`cds-hooks replay`: computes a recorded card's risks again, by the versions that made them."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cds_hooks.commands.db import at_hand
from cds_hooks.commands.options import config, settings_of

# The database and the models are imported where they are used: other commands start without them.
from cds_hooks.settings.settings import DEMO_CLIENT

if TYPE_CHECKING:
    from cds_hooks.store.replay import Replayed


@click.command()
@click.argument("card")
@click.option("--client", default=DEMO_CLIENT, show_default=True, help="Whom it was issued to.")
@config
def replay(card: str, client: str, config: Path | None) -> None:
    """Compute again the risks that CARD, a card's uuid, rests on, and compare.

    The inputs are those that were kept, the versions of scores and models those that were asked.
    The exit code is 1 if anything differs, or if nothing could be computed again.
    """
    from cds_hooks.admin.replaying import replayed_card
    from cds_hooks.store.card_lookup import UnknownCard
    from cds_hooks.store.upgrade import require_upgraded

    settings = settings_of(config)
    with at_hand(settings.store) as store:
        require_upgraded(store)
        try:
            uuid = card.removeprefix("urn:uuid:").lower()
            found = replayed_card(store, uuid, client=client, settings=settings.models)
        except UnknownCard:
            raise click.ClickException(f"no such card is kept of the client {client}") from None
    made = [each.now for each in found.replays]
    click.echo(", ".join(str(found.row[name]) for name in ("service", "indicator", "issued_at")))
    for line in (line for each in made for line in _told(each)):
        click.echo(line)
    if not made:
        click.echo("It rests on no assessment that is still kept.")
    if not found.agrees:
        raise SystemExit(1)


def _told(made: "Replayed") -> Iterator[str]:
    risk = f": {made.risk}" if made.risk else ""
    yield f"{made.predictor} {made.version}  {made.verdict}{risk}"
    yield from (f"  {each}" for each in made.because)
