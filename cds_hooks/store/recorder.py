"""Writes what a call leaves behind before its answer is sent, and never keeps the answer back."""

from collections.abc import Callable, Sequence
from threading import Event, Lock, Thread
from time import monotonic
from typing import Any, Literal, TypeAlias
from weakref import ref

import msgspec
import structlog
from sqlalchemy.exc import DataError, IntegrityError, ProgrammingError

from cds_hooks.engine.answer import Answer
from cds_hooks.engine.call import Call
from cds_hooks.engine.fatigue import Past, watched
from cds_hooks.logs import described
from cds_hooks.settings.store import StoreSettings
from cds_hooks.store.call_rows import records, view
from cds_hooks.store.database import Late, Resting, Store
from cds_hooks.store.feedback_rows import arrive
from cds_hooks.store.pseudonyms import Keys
from cds_hooks.store.recent import past
from cds_hooks.store.retention import purge_if_due
from cds_hooks.store.schema import Batch, Row
from cds_hooks.store.spool import Spool, SpoolLate
from cds_hooks.store.tally import Tally

TIDIED_EVERY = 1.0
"""Seconds between two looks at whether the spool is to be replayed, or old rows to be purged."""

REST = 1.0
"""Seconds for which what is remembered is not asked for, after it came too late."""

Kept: TypeAlias = Literal["", "waiting", "late", "lost"]
"""Where the record of a call is when its answer leaves: "" in the database; `waiting` on the disk,
in the spool; `late`, not known to be on a disk yet; `lost`, nowhere."""

_decode = msgspec.msgpack.Decoder(dict[str, list[dict[str, Any]]]).decode

log = structlog.get_logger("cds_hooks")


class Recorder:
    """The store, the spool beside it, the site's choices and its secrets.

    A call's rows are durable before its answer leaves, for which it waits `patience_ms` at most:
    half of it for the database, the other half for the spool.
    """

    def __init__(
        self,
        store: Store,
        spool: Spool,
        *,
        settings: StoreSettings,
        keys: Keys,
        tally: Tally | None = None,
    ) -> None:
        self.store = store
        self.spool = spool
        self.settings = settings
        self.keys = keys
        self.tally = tally or Tally()
        self._half = settings.patience_ms / 2000
        self._past_rests_until = 0.0
        self._tidying = Tidying(self)

    def record(self, answer: Answer, call: Call) -> Kept:
        """Keeps the call in the database, or in the spool; what fails is told, and not raised."""
        return self._told(
            lambda: self._keep(records(answer, call, settings=self.settings, keys=self.keys))
        )

    def keep_for_later(self, batch: Batch) -> Kept:
        """Keeps rows in the spool, for the database when it is back; what fails is told."""
        return self._told(lambda: self._spooled(batch))

    def viewed(self, card: Row, call: Call) -> Kept:
        """Keeps that the detail of a card was opened, as `record` does."""
        return self._told(lambda: self._keep(view(card, call)))

    def _keep(self, batch: Batch) -> Kept:
        """Keeps rows in the database, or in the spool if that is away or late."""
        self._tidying.begin()
        try:
            self.store.insert_within(self._half, batch)
        except Exception as error:  # noqa: BLE001 - whatever it is, the record is not to be lost
            if not isinstance(error, Resting):
                log.error("spooled", **described(error))
            return self._spooled(batch)
        return ""

    def _spooled(self, batch: Batch) -> Kept:
        """Keeps rows in the spool; raises SpoolFull and OSError."""
        try:
            self.spool.append(msgspec.msgpack.encode(batch), seconds=self._half)
        except SpoolLate:
            self.tally.late()
            return "late"
        return "waiting"

    def _told(self, keep: Callable[[], Kept]) -> Kept:
        try:
            return keep()
        except Exception as error:  # noqa: BLE001 - a card is never kept back by its record
            log.error("unrecorded", **described(error))
            self.tally.lost()
            return "lost"

    def past(self, answer: Answer, call: Call) -> Past:
        """What may withhold a card; nothing where the database is away, or late."""
        if not watched(answer) or monotonic() < self._past_rests_until:
            return Past()
        try:
            return self.store.read_within(
                self._half, lambda c: past(c, answer, call, keys=self.keys)
            )
        except Exception as error:  # noqa: BLE001 - whatever it is, no card is withheld for it
            if not isinstance(error, Resting):
                log.error("unremembered", **described(error))
            if isinstance(error, Late):
                self._past_rests_until = monotonic() + REST
            return Past()

    def catch_up(self) -> int:
        """Writes to the database what waits in the spool, each record once; how many there were.

        Raises Unavailable or OSError; then what was not written yet waits on.
        """
        return self.spool.replay(self._replay) if self.spool.waiting() else 0

    def _replay(self, some: Sequence[bytes]) -> None:
        try:
            batch = _together(some)
            self.store.within(self.store.seconds, lambda c: arrive(c, batch))
        except (
            msgspec.DecodeError,
            DataError,
            IntegrityError,
            ProgrammingError,
            KeyError,
        ) as error:
            # One of them would be refused every time, and keep the others waiting for ever.
            if len(some) == 1:
                log.error("unrecorded", **described(error))
                self.tally.lost()
            else:
                for record in some:
                    self._replay([record])

    def tidy(self) -> None:
        """What can wait is done beside the answers: the spool's replay, and the purge.

        Raises Unavailable and OSError.
        """
        if not self.store.rests:
            self.catch_up()
            purge_if_due(self.store, days=self.settings.retention_days)


def _together(some: Sequence[bytes]) -> Batch:
    rows: dict[str, list[Row]] = {}
    for record in some:
        for name, more in _decode(record).items():
            rows.setdefault(name, []).extend(more)
    return rows


class Tidying:
    """A thread of each process that has the recorder tidy up, also when no call comes.

    It begins with the first record and ends with the recorder.
    """

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = ref(recorder)
        self._begun = False
        self._starting = Lock()

    def begin(self) -> None:
        """Begins the thread if this process has none."""
        if not self._begun:
            with self._starting:
                if not self._begun:
                    self._begun = True
                    Thread(target=self._work, name="tidy", daemon=True).start()

    def _work(self) -> None:
        waits = Event()
        while not waits.wait(TIDIED_EVERY):
            recorder = self._recorder()
            if recorder is None:
                return
            try:
                recorder.tidy()
            except Exception as error:  # noqa: BLE001 - a thread's failure would be told to no one
                if not isinstance(error, Resting):
                    log.error("untidied", **described(error))
            del recorder
