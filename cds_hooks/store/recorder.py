"""Writes what a call leaves behind before its answer is sent, and never keeps the answer back."""

from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Lock, Thread
from time import monotonic

import msgspec
import structlog
from sqlalchemy.exc import DataError, IntegrityError

from cds_hooks.engine.answer import Answer
from cds_hooks.engine.call import Call
from cds_hooks.engine.fatigue import Past, watched
from cds_hooks.logs import described
from cds_hooks.settings.store import StoreSettings
from cds_hooks.store.call_rows import records, view
from cds_hooks.store.database import Store, insert
from cds_hooks.store.feedback_rows import arrive
from cds_hooks.store.pseudonyms import Keys
from cds_hooks.store.recent import past
from cds_hooks.store.retention import purge
from cds_hooks.store.schema import Batch, Row
from cds_hooks.store.spool import Spool

REST = 1.0
"""Seconds for which a database that could not be reached is not tried again."""

PURGED_EVERY = timedelta(hours=1)

log = structlog.get_logger("cds_hooks")


class Recorder:
    """The store, the spool beside it, the site's choices and its secrets."""

    def __init__(self, store: Store, spool: Spool, *, settings: StoreSettings, keys: Keys) -> None:
        self.store = store
        self.spool = spool
        self.settings = settings
        self.keys = keys
        self._rests_until = 0.0
        self._tidies_at = 0.0
        self._purged: datetime | None = None
        self._at_work = Lock()

    def record(self, answer: Answer, call: Call) -> None:
        """Keeps the call in the database, or in the spool; what fails is told in the log only."""
        self._recorded(call, lambda: records(answer, call, settings=self.settings, keys=self.keys))

    def viewed(self, card: Row, call: Call) -> None:
        """Keeps that the detail of a card was opened, as `record` does."""
        self._recorded(call, lambda: view(card, call))

    def _recorded(self, call: Call, rows: Callable[[], Batch]) -> None:
        try:
            self._keep(rows())
        except Exception as error:  # noqa: BLE001 - a card is never kept back by its record
            log.error("unrecorded", **described(error))
        else:
            self._tidy(call.at)

    def past(self, answer: Answer, call: Call) -> Past:
        """What may withhold a card; nothing where the database is away, or late."""
        if not watched(answer) or monotonic() < self._rests_until:
            return Past()
        try:
            return self.store.read_within(
                self.settings.patience_ms / 1000, lambda c: past(c, answer, call, keys=self.keys)
            )
        except Exception as error:  # noqa: BLE001 - whatever it is, no card is withheld for it
            log.error("unremembered", **described(error))
            self._rests_until = monotonic() + REST
            return Past()

    def _keep(self, batch: Batch) -> None:
        if monotonic() < self._rests_until:
            return self._spool(batch)
        try:
            self.store.within(self.settings.patience_ms / 1000, lambda c: insert(c, batch))
        except Exception as error:  # noqa: BLE001 - whatever it is, the record is not to be lost
            log.error("spooled", **described(error))
            self._rests_until = monotonic() + REST
            self._spool(batch)
        return None

    def _spool(self, batch: Batch) -> None:
        self.spool.append(msgspec.json.encode(batch))

    def catch_up(self) -> int:
        """Writes to the database what waits in the spool, each record once; how many there were.

        Raises Unavailable, SpoolFull or OSError; then all of it waits on.
        """
        return self.spool.replay(self._replay) if self.spool.waiting() else 0

    def _replay(self, record: bytes) -> None:
        try:
            batch: Batch = msgspec.json.decode(record)
            self.store.within(self.store.seconds, lambda c: arrive(c, batch))
        except (msgspec.DecodeError, DataError, IntegrityError) as error:
            # It would be refused every time, and keep the others waiting for ever.
            log.error("unrecorded", **described(error))

    def _tidy(self, now: datetime) -> None:
        """What can wait is done beside the answers: the spool's replay, and the purge."""
        # At the start of the server it was purged already.
        self._purged = self._purged or now
        due = now - self._purged > PURGED_EVERY
        if (due or self.spool.waiting()) and monotonic() >= max(self._rests_until, self._tidies_at):
            Thread(target=self._tidied, args=(now, due), name="tidy", daemon=True).start()

    def _tidied(self, now: datetime, due: bool) -> None:
        if not self._at_work.acquire(blocking=False):
            return
        try:
            self.catch_up()
            if due:
                self._purged = now
                purge(self.store, now=now, days=self.settings.retention_days)
        except Exception as error:  # noqa: BLE001 - a thread's failure would be told to no one
            self._tidies_at = monotonic() + REST
            log.error("untidied", **described(error))
        finally:
            self._at_work.release()
