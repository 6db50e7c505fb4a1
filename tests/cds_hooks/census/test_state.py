import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cds_hooks.census.inpatients import Inpatient
from cds_hooks.census.state import OpenFlag, State, load, save

NOW = datetime(2026, 3, 15, 12, tzinfo=UTC)


def test_what_is_kept_is_read_back(tmp_path: Path) -> None:
    kept = State(
        hour=NOW,
        census=(Inpatient("a", "e"),),
        done={"a"},
        flags={"a|s": OpenFlag("a", "s", NOW, NOW, 0.2, frozenset({"x"}))},
        waiting={"Flag/1": {"resourceType": "Flag"}},
    )
    save(kept, tmp_path / "state.json")
    assert load(tmp_path / "state.json") == kept


def test_it_is_for_its_owner_alone_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    save(State(), tmp_path / "state.json")
    (only,) = tmp_path.iterdir()
    assert stat.S_IMODE(only.stat().st_mode) == 0o600


def test_a_first_start_has_no_hour_before(tmp_path: Path) -> None:
    assert load(tmp_path / "state.json") == State()


def test_a_damaged_state_is_never_taken_for_a_first_start(tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text('{"hour": ')
    with pytest.raises(ValueError, match="move it away"):
        load(tmp_path / "state.json")
