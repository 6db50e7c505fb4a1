import fcntl
import os
import threading
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cds_hooks.store import spool as spool_module
from cds_hooks.store.database import Unavailable
from cds_hooks.store.spool import Spool, SpoolFull, SpoolLate

ROOM = 4096


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "spool", room=ROOM)


def replayed(spool: Spool) -> list[bytes]:
    given: list[bytes] = []
    assert spool.replay(given.extend) == len(given)
    return given


def append(spool: Spool, record: bytes) -> None:
    spool.append(record, seconds=10)


def test_records_come_back_in_their_order_and_once(spool: Spool) -> None:
    assert not spool.waiting()
    for record in (b"one", b"two", b""):
        append(spool, record)
    assert spool.waiting()
    assert replayed(spool) == [b"one", b"two", b""]
    assert not spool.waiting()
    assert replayed(spool) == []


def test_after_a_replay_the_file_holds_nothing_of_the_records_and_all_of_its_room(
    spool: Spool,
) -> None:
    append(spool, b"what was kept")
    replayed(spool)
    content = spool.path.read_bytes()
    assert b"kept" not in content
    assert len(content) == ROOM


def test_it_fills_up_to_its_room_and_can_be_filled_again(spool: Spool) -> None:
    fitting = (ROOM - 33) // 128
    for _ in range(2):
        for _ in range(fitting):
            append(spool, b"x" * 100)
        with pytest.raises(SpoolFull):
            append(spool, b"x" * 100)
        assert len(replayed(spool)) == fitting


def test_its_room_is_taken_from_the_disk_at_the_start(spool: Spool) -> None:
    spool.reserve()
    held = spool.path.stat()
    assert held.st_blocks * 512 >= ROOM
    assert held.st_mode & 0o777 == 0o600
    append(spool, b"x")
    assert spool.path.stat().st_size == ROOM


def test_what_was_given_is_not_given_again_and_what_failed_is(
    spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool_module, "REPLAYED_AT_ONCE", 2)
    for record in (b"one", b"two", b"three", b"four"):
        append(spool, record)
    given: list[bytes] = []

    def refuse_the_third(records: Sequence[bytes]) -> None:
        given.extend(records)
        if b"three" in records and len(given) < 5:
            raise Unavailable

    with pytest.raises(Unavailable):
        spool.replay(refuse_the_third)
    assert spool.waiting()
    # As after a restart: the place is in the file.
    assert Spool(spool.path, room=ROOM).replay(refuse_the_third) == 2
    assert given == [b"one", b"two", b"three", b"four", b"three", b"four"]


def test_what_is_appended_during_a_replay_is_replayed_as_well(spool: Spool) -> None:
    append(spool, b"one")
    given: list[bytes] = []

    def append_more(records: Sequence[bytes]) -> None:
        given.extend(records)
        if len(given) < 3:
            append(spool, b"more")

    assert spool.replay(append_more) == 3
    assert given == [b"one", b"more", b"more"]
    assert not spool.waiting()


def test_records_of_many_threads_share_a_sync(
    spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    syncs: list[int] = []
    hold, syncing, sync = threading.Lock(), threading.Event(), os.fsync

    def counted(file: int) -> None:
        syncing.set()
        with hold:
            syncs.append(file)
        sync(file)

    spool.reserve()
    monkeypatch.setattr(os, "fsync", counted)
    threads = [threading.Thread(target=append, args=(spool, b"x")) for _ in range(20)]
    with hold:
        threads[0].start()
        assert syncing.wait(10)
        for thread in threads[1:]:
            thread.start()
        while spool._appending._jobs.qsize() < 19:
            threads[0].join(0.01)
    for thread in threads:
        thread.join()
    assert len(syncs) == 2
    assert len(replayed(spool)) == 20


def test_a_record_that_is_not_synced_in_time_is_late_and_may_still_be_written(
    spool: Spool,
) -> None:
    file = os.open(spool.path, os.O_RDWR | os.O_CREAT)
    fcntl.flock(file, fcntl.LOCK_EX)
    with pytest.raises(SpoolLate):
        spool.append(b"late", seconds=0.05)
    os.close(file)
    append(spool, b"next")
    assert replayed(spool) == [b"late", b"next"]


def test_a_record_that_was_damaged_does_not_hide_those_behind_it(spool: Spool) -> None:
    for record in (b"one", b"two", b"three"):
        append(spool, record)
    at = spool.path.read_bytes().index(b"two")
    with spool.path.open("r+b") as file:
        file.seek(at)
        file.write(b"TWO")
    again = Spool(spool.path, room=ROOM)
    append(again, b"four")
    assert replayed(again) == [b"one", b"three", b"four"]


@pytest.mark.parametrize("kept", [0, 5, 20, 32])
def test_a_header_that_was_cut_short_loses_no_record(spool: Spool, kept: int) -> None:
    append(spool, b"before")
    replayed(spool)
    for record in (b"one", b"two"):
        append(spool, record)
    with spool.path.open("r+b") as file:
        file.seek(kept)
        file.write(bytes(33 - kept))
    again = Spool(spool.path, room=ROOM)
    assert again.waiting()
    assert replayed(again) == [b"one", b"two"]


@pytest.mark.parametrize("cut", range(1, 40, 3))
def test_a_line_that_was_cut_short_is_left_out_and_overwritten(spool: Spool, cut: int) -> None:
    append(spool, b"whole")
    end = 33 + 27 + 5 + 1
    append(spool, b"cut short!")
    with spool.path.open("r+b") as file:
        file.seek(end + 38 - cut)
        file.write(bytes(cut))
    again = Spool(spool.path, room=ROOM)
    append(again, b"next")
    # Without its newline alone a line is whole: its length and its checksum are right.
    assert replayed(again) == (
        [b"whole", b"next"] if cut > 1 else [b"whole", b"cut short!", b"next"]
    )


def test_lines_from_before_the_last_emptying_are_not_read_again(spool: Spool) -> None:
    for record in (b"same length", b"same longer"):
        append(spool, record)
    before = spool.path.read_bytes()
    replayed(spool)
    # The machine stopped after the count was written and before the old lines were overwritten.
    with spool.path.open("r+b") as file:
        file.seek(33)
        file.write(before[33:])
    append(spool, b"new length!")
    assert replayed(Spool(spool.path, room=ROOM)) == [b"new length!"]


@settings(max_examples=15)
@given(st.lists(st.binary(max_size=60), max_size=20))
def test_any_bytes_come_back(records: list[bytes]) -> None:
    with TemporaryDirectory() as folder:
        spool = Spool(Path(folder) / "spool", room=ROOM)
        for record in records:
            append(spool, record)
        assert replayed(spool) == records


def test_threads_and_other_openings_of_the_file_lose_nothing(spool: Spool) -> None:
    others = [Spool(spool.path, room=ROOM) for _ in range(2)]

    def append_some(number: int) -> None:
        for each in range(5):
            append(others[number % 2], f"{number} {each}".encode())

    threads = [threading.Thread(target=append_some, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expected = sorted(f"{number} {each}".encode() for number in range(4) for each in range(5))
    assert sorted(replayed(spool)) == expected


def test_a_folder_that_is_not_there_is_an_oserror(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "nowhere" / "spool", room=ROOM)
    assert not spool.waiting()
    with pytest.raises(FileNotFoundError):
        append(spool, b"x")
