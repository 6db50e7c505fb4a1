"""What people decided in the admin app about services and models, and what of it is in force.

A file of lines of JSON that is only ever appended to: so it is also the record of who decided what,
when, why, and who confirmed it.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Literal, TypeAlias, get_args

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from cds_hooks.settings.services import Mode, ServiceSettings
from cds_hooks.settings.settings import Settings
from cds_hooks.settings.validation import ConfigError

Event: TypeAlias = Literal["proposed", "decided", "declined"]
Kind: TypeAlias = Literal["service", "model"]

CAUTIOUS: tuple[Mode, ...] = ("off", "silent", "shadow", "live")
"""Modes, those first that show and do less."""


class Decision(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line: a decision that was proposed, decided or declined; the same `id` is the same one.

    `choice` is a service's mode, or of a model such as "active 2", with what it was `before`.
    """

    id: str
    event: Event
    at: datetime
    by: str
    kind: Kind
    subject: str
    choice: str
    before: str
    reason: str

    def __post_init__(self) -> None:
        if self.kind == "service" and self.choice not in get_args(Mode):
            raise ValueError("choice: not a mode")


def read(path: Path) -> tuple[Decision, ...]:
    """The lines in their order; none where the file is not there yet.

    Raises ConfigError: where a line cannot be read it is not known what was decided.
    """
    try:
        lines = path.read_bytes().splitlines() if path.exists() else []
        return tuple(msgspec.json.decode(line, type=Decision) for line in lines)
    except OSError as error:
        raise ConfigError(f"admin.decisions: {error.strerror}") from None
    except (msgspec.DecodeError, msgspec.ValidationError):
        raise ConfigError("admin.decisions: a line in it cannot be read") from None


def waiting(decisions: Iterable[Decision]) -> tuple[Decision, ...]:
    """Those that are proposed, and neither decided nor declined."""
    last = {each.id: each for each in decisions}
    return tuple(each for each in last.values() if each.event == "proposed")


def modes(decisions: Iterable[Decision]) -> Mapping[str, Mode]:
    """The mode of each service on which one was decided, by the newest decision."""
    decided = (each for each in decisions if each.event == "decided" and each.kind == "service")
    return {each.subject: msgspec.convert(each.choice, Mode) for each in decided}


def decided(settings: Settings, decisions: Sequence[Decision]) -> Settings:
    """The settings with the modes that were decided in place of the site's.

    A client whose own mode is more cautious keeps it: a decision turns nothing on for a client that
    has it off.
    """
    chosen = modes(decisions)
    clients = {
        name: replace(
            client,
            services={id: _at_most(own, chosen.get(id)) for id, own in client.services.items()},
        )
        for name, client in settings.clients.items()
    }
    own = {id: replace(settings.of(id), mode=mode) for id, mode in chosen.items()}
    return replace(settings, services={**settings.services, **own}, clients=clients)


def _at_most(own: ServiceSettings, mode: Mode | None) -> ServiceSettings:
    if mode is None or own.mode is None:
        return own
    return replace(own, mode=min(own.mode, mode, key=CAUTIOUS.index))
