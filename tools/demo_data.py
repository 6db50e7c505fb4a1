"""Fills a store with 90 simulated days of one model: `make demo-data`.

Calls, cards, answers and outcomes are drawn at random with a fixed seed, and are of no patient; a
mark in the store says so, and with it every page and report. So that there is something to find, in
the last 60 days the outcome is half as frequent as predicted and one input comes in other numbers,
and on the last day another version answers.
"""

import os
from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from uuid import UUID

import numpy as np
from sqlalchemy import insert

from cds_hooks.monitoring.simulated import MARK
from cds_hooks.settings.settings import DEMO_CLIENT
from cds_hooks.settings.store import StoreSettings
from cds_hooks.store import connections
from cds_hooks.store.assessments import (
    KeptAssessment,
    KeptAssessments,
    KeptFact,
    KeptPrediction,
    KeptReason,
    pack,
)
from cds_hooks.store.database import Store
from cds_hooks.store.pseudonyms import Keys
from cds_hooks.store.schema import Batch, Row, calls, cards, feedback, marks, outcomes
from cds_hooks.store.timestamps import written
from cds_hooks.store.upgrade import upgrade

SERVICE, PREDICTOR, OUTCOME, HOURS = "sepsis-risk", "sepsis-risk", "Sepsis", 12
THRESHOLD = 0.2
DAYS, A_DAY = 90, 60
CHANGED = 30
"""From this day on the model is wrong, and one input is shifted."""

VERSIONS = ("simulated", "simulated 2")
"""The second one answers on the last day."""

REASONS = (
    ("cds-not-applicable", "Not for this patient"),
    ("action-completed", "Already done"),
    ("recipient-disagrees-evidence", "I disagree"),
)


class Simulation:
    """Draws calls of one model day by day, and what followed."""

    def __init__(self, keys: Keys, last: date, *, seed: int = 2026) -> None:
        self._keys = keys
        self._first = last - timedelta(days=DAYS - 1)
        self._draw = np.random.default_rng(seed)

    def batches(self) -> Iterator[Batch]:
        """The rows of each day."""
        for day in range(DAYS):
            rows: dict[str, list[Row]] = {
                table.name: [] for table in (calls, cards, feedback, outcomes)
            }
            for number in range(A_DAY):
                self._add(rows, day, number)
            yield rows

    def _add(self, rows: dict[str, list[Row]], day: int, number: int) -> None:
        minutes = int(self._draw.integers(0, 24 * 60))
        morning = datetime.combine(self._first + timedelta(days=day), time(), UTC)
        at = morning + timedelta(minutes=minutes)
        patient = self._keys.of("patient", f"simulated-{day}-{number}", client=DEMO_CLIENT)
        call, risk = self._uuid(), float(self._draw.beta(1.2, 9))
        shifted = 0.6 if day >= CHANGED else 0.0
        facts = (
            self._fact("heart_rate", "/min", 88 + 18 * self._draw.normal(shifted)),
            self._fact("lactate", "mmol/L", max(0.4, 1.6 + self._draw.normal())),
            self._fact("temperature", "Cel", 37 + 0.7 * self._draw.normal()),
        )
        refused = self._draw.random() < 0.08
        kept = KeptAssessments(
            at, (self._assessment(risk, version=VERSIONS[day == DAYS - 1], refused=refused),), facts
        )
        who = {"client": DEMO_CLIENT, "service": SERVICE, "hook_instance": self._uuid()}
        whose = {**who, "patient_id": patient, "user_id": None, "encounter_id": None}
        alerted = not refused and risk >= THRESHOLD
        rows["calls"].append(
            {
                **whose,
                "id": call,
                "event": "call",
                "hook": "patient-view",
                "mode": "live",
                "shown": int(alerted),
                "withheld": 0,
                "detail": None,
                "assessments": pack(kept),
                "recorded_at": written(at),
            }
        )
        if alerted:
            self._card(rows, whose, call, risk, at)
        true = risk * (0.5 if day >= CHANGED else 1.0)
        self._outcome(rows, patient, at, happened=bool(self._draw.random() < true))

    def _card(
        self, rows: dict[str, list[Row]], whose: Row, call: str, risk: float, at: datetime
    ) -> None:
        uuid = self._uuid()
        rows["cards"].append(
            {
                **whose,
                "uuid": uuid,
                "call_id": call,
                "topic": "SepsisRisk",
                "indicator": "warning",
                "over": risk / THRESHOLD,
                "shown": True,
                "withheld_reason": None,
                "issued_at": written(at),
                "content": None,
                "suggestions": "[]",
                "rests_on": "[0]",
            }
        )
        if self._draw.random() < 0.6:
            rows["feedback"].append(self._feedback(uuid, at))

    def _feedback(self, uuid: str, at: datetime) -> Row:
        accepted = bool(self._draw.random() < 0.3)
        code, display = REASONS[int(self._draw.integers(0, len(REASONS)))]
        answered = at + timedelta(minutes=int(self._draw.integers(1, 90)))
        return {
            "client": DEMO_CLIENT,
            "id": self._uuid(),
            "service": SERVICE,
            "card_uuid": uuid,
            "outcome": "accepted" if accepted else "overridden",
            "outcome_at": written(answered),
            "suggestions": "[]",
            "reason_code": None if accepted else code,
            "reason_system": None,
            "reason_display": None if accepted else display,
            "comment": None,
            "orphan": False,
            "mismatch": False,
            "dialect": "2.0",
            "received_at": written(answered),
        }

    def _outcome(
        self, rows: dict[str, list[Row]], patient: str, at: datetime, *, happened: bool
    ) -> None:
        hours = float(self._draw.uniform(3, HOURS)) if happened else 2.0 * HOURS
        rows["outcomes"].append(
            {
                "client": DEMO_CLIENT,
                "patient_id": patient,
                "outcome": OUTCOME,
                "at": written(at + timedelta(hours=hours)),
                "happened": happened,
                "imported_at": written(at + timedelta(days=1)),
            }
        )

    def _assessment(self, risk: float, *, version: str, refused: bool) -> KeptAssessment:
        if refused:
            reason = KeptReason("lactate", "missing", "no usable Lactate")
            return KeptAssessment(SERVICE, PREDICTOR, version, reasons=(reason,))
        made = KeptPrediction(OUTCOME, risk, risk, risk, hours=HOURS)
        return KeptAssessment(SERVICE, PREDICTOR, version, "live", (made,), (0, 1, 2))

    def _fact(self, name: str, unit: str, value: float) -> KeptFact:
        return KeptFact(name, "known", round(value, 2), unit=unit)

    def _uuid(self) -> str:
        return str(UUID(bytes=self._draw.bytes(16), version=4))


def fill(store: Store, keys: Keys, *, last: date) -> int:
    """Fills an upgraded store; how many calls there are then."""
    made = 0
    with store.begin() as connection:
        connection.execute(insert(marks), {"name": MARK, "at": written(datetime.now(UTC))})
        for batch in Simulation(keys, last).batches():
            for table in (calls, cards, feedback, outcomes):
                if rows := list(batch[table.name]):
                    connection.execute(insert(table), rows)
            made += len(batch["calls"])
    return made


def main() -> None:
    """Makes the file that is given, which must not be there."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    folder.mkdir(parents=True)
    os.chdir(folder)
    settings = StoreSettings()
    store = connections.opened(settings, seconds=60)
    connections.make_file(store)
    upgrade(store)
    keys = connections.keys(settings, os.environ, make=True)
    made = fill(store, keys, last=datetime.now(UTC).date() - timedelta(days=1))
    store.close()
    print(f"{made} simulated calls are in {folder}; look at them from there, with")
    print("  cds-hooks report --service sepsis-risk --from DAY --to DAY --html report.html")


if __name__ == "__main__":
    main()
