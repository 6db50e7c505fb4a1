"""Decisions on modes and versions: made by one person, or by two where the site asks for that."""

import fcntl
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import uuid4

import msgspec
from msgspec.structs import replace

from cds_hooks.protocol.errors import BadRequest, Forbidden, NotFound
from cds_hooks.settings.decisions import Decision, Kind, read, waiting

LONGEST_REASON = 500

Decided = Callable[[Decision], None]
"""Carries out what was decided, once that is on the disk."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What somebody wants: of which service or model, what, in place of what, and why."""

    kind: Kind
    subject: str
    choice: str
    before: str
    reason: str


class DecisionLog:
    """The file of decisions, which several processes may append to."""

    def __init__(self, path: Path, *, second_person: bool) -> None:
        self.path = path
        self.second_person = second_person

    def lines(self) -> tuple[Decision, ...]:
        """Everything in it, the oldest first; raises ConfigError."""
        return read(self.path)

    def choose(self, choice: Choice, *, by: str, at: datetime, carry_out: Decided) -> Decision:
        """Decides it, or proposes it where a second person is needed; raises BadRequest."""
        if not choice.reason.strip():
            raise BadRequest("say why: the reason is kept with the decision")
        if choice.choice == choice.before:
            raise BadRequest("that is how it is already")
        made = Decision(
            id=uuid4().hex[:12],
            event="proposed" if self.second_person else "decided",
            at=at,
            by=by,
            kind=choice.kind,
            subject=choice.subject,
            choice=choice.choice,
            before=choice.before,
            reason=choice.reason.strip()[:LONGEST_REASON],
        )
        return self._appended(lambda _: made, carry_out)

    def confirm(self, id: str, *, by: str, at: datetime, carry_out: Decided) -> Decision:
        """Decides what another proposed; raises NotFound and Forbidden."""

        def confirmed(lines: Sequence[Decision]) -> Decision:
            proposed = _proposed(lines, id)
            if proposed.by == by:
                raise Forbidden("another person than the one who proposed it must confirm it")
            return replace(proposed, event="decided", by=by, at=at)

        return self._appended(confirmed, carry_out)

    def decline(self, id: str, *, by: str, at: datetime) -> Decision:
        """Ends what is proposed, by whoever may act, also by who proposed it; raises NotFound."""
        return self._appended(
            lambda lines: replace(_proposed(lines, id), event="declined", by=by, at=at),
            lambda _: None,
        )

    def _appended(
        self, make: Callable[[Sequence[Decision]], Decision], carry_out: Decided
    ) -> Decision:
        with self.path.open("ab") as file:
            # So that of two who confirm at once one is told that it is decided already.
            fcntl.flock(file, fcntl.LOCK_EX)
            made = make(self.lines())
            file.write(msgspec.json.encode(made) + b"\n")
            file.flush()
            os.fsync(file.fileno())
            if made.event == "decided":
                carry_out(made)
        return made


def _proposed(lines: Sequence[Decision], id: str) -> Decision:
    found = {each.id: each for each in waiting(lines)}
    if id not in found:
        raise NotFound("it is decided or declined already, or there never was such a proposal")
    return found[id]
