"""What the admin app was started with, and who asks."""

from dataclasses import dataclass
from pathlib import Path

from flask import current_app, g

from cds_hooks.admin.decision_log import DecisionLog
from cds_hooks.admin.sign_on import Person
from cds_hooks.monitoring.simulated import is_simulated
from cds_hooks.settings.settings import Settings
from cds_hooks.store.database import Unavailable
from cds_hooks.store.recorder import Recorder

EXTENSION = "cds_hooks_admin"
"""Under which name the application holds it."""

READ_SECONDS = 30.0
"""How long a page may ask the database: a person waits for it, and no call."""


@dataclass(frozen=True, slots=True)
class Admin:
    """The site's settings, its store, and whether this is the demo, which signs no one on."""

    settings: Settings
    recorder: Recorder
    demo: bool

    @property
    def decisions(self) -> DecisionLog | None:
        """Where decisions are kept; None where nothing can be decided."""
        chosen = self.settings.admin
        if not chosen.decisions:
            return None
        return DecisionLog(Path(chosen.decisions), second_person=chosen.second_person)

    def simulated(self) -> bool:
        """Whether the store holds simulated calls, which every page then says.

        False while the database cannot be reached: a page then shows nothing of it.
        """
        try:
            return self.recorder.store.read_within(READ_SECONDS, is_simulated)
        except Unavailable:
            return False


def admin() -> Admin:
    """What the application at hand was started with."""
    found: Admin = current_app.extensions[EXTENSION]
    return found


def person() -> Person:
    """Who asks for the page at hand."""
    found: Person = g.person
    return found
