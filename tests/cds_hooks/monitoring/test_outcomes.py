"""Outcomes are kept under pseudonyms, replace themselves, and a bad file is named by its line."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cds_hooks.monitoring.labelled import label_of
from cds_hooks.monitoring.outcomes import (
    Imported,
    Outcome,
    UnusableOutcomes,
    import_into,
    kept,
    read,
)
from cds_hooks.settings.store import StoreSettings
from cds_hooks.store.database import Store
from cds_hooks.store.pseudonyms import Keys

KEYS = Keys((b"the secret of the tests, which is long",))
NOW = datetime(2026, 3, 15, 12, tzinfo=UTC)
HEAD = "patient,outcome,at,happened\n"


def file(folder: Path, text: str) -> Path:
    made = folder / "outcomes.csv"
    made.write_text(text, encoding="utf-8")
    return made


def test_an_outcome_is_kept_under_a_pseudonym_and_replaces_itself(
    store_settings: StoreSettings, tmp_path: Path
) -> None:
    store = Store(store_settings.url)
    rows = "Patient/p1,Sepsis,2026-03-15T12:00:00Z,1\np1,Sepsis,2026-03-15T12:00:00Z,0\n"
    made = file(tmp_path, f"{HEAD}{rows}")
    for _ in range(2):
        with store.begin() as connection:
            told = import_into(connection, made, client="ehr", keys=KEYS, now=NOW)
        assert told == Imported(1, 1)
    with store.reading() as connection:
        ((whose, (outcome,)),) = kept(connection, outcome="Sepsis").items()
    assert whose == ("ehr", KEYS.of("patient", "p1", client="ehr"))
    assert (outcome.at, outcome.happened) == (NOW, False)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("patient,outcome,at\n", "has no column happened"),
        (f"{HEAD},Sepsis,2026-03-15T12:00:00Z,1\n", "line 2: patient is empty"),
        (f"{HEAD}p1,Sepsis,15 March,1\n", "line 2: at is no time"),
        (f"{HEAD}p1,Sepsis,2026-03-15T12:00:00,1\n", "line 2: at needs its offset"),
        (f"{HEAD}p1,Sepsis,2026-03-15T12:00:00Z,perhaps\n", "line 2: happened is neither"),
    ],
)
def test_a_bad_file_is_named_by_its_line_and_column(text: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(UnusableOutcomes, match=told) as refused:
        list(read(file(tmp_path, text)))
    assert "p1" not in str(refused.value)


def outcome(hours: float, *, happened: bool) -> Outcome:
    return Outcome("p", "Sepsis", NOW + timedelta(hours=hours), happened)


@pytest.mark.parametrize(
    ("known", "label"),
    [
        ([outcome(3, happened=True)], (True, 3.0)),
        ([outcome(13, happened=True)], (False, None)),
        ([outcome(13, happened=False)], (False, None)),
        ([outcome(5, happened=False)], (None, None)),
        ([outcome(-1, happened=True), outcome(13, happened=False)], (None, None)),
        ([], (None, None)),
    ],
    ids=["within", "after", "followed", "not-followed", "happened-before", "nothing"],
)
def test_a_prediction_is_labelled_by_what_happened_within_its_horizon(
    known: list[Outcome], label: tuple[bool | None, float | None]
) -> None:
    assert label_of(known, NOW, timedelta(hours=12)) == label
