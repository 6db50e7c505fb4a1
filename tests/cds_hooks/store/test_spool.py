import threading
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cds_hooks.store.database import Unavailable
from cds_hooks.store.spool import Spool, SpoolFull

ROOM = 4096


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "spool", room=ROOM)


def replayed(spool: Spool) -> list[bytes]:
    given: list[bytes] = []
    assert spool.replay(given.append) == len(given)
    return given


def test_records_come_back_in_their_order_and_once(spool: Spool) -> None:
    assert not spool.waiting()
    for record in (b"one", b"two", b""):
        spool.append(record)
    assert spool.waiting()
    assert replayed(spool) == [b"one", b"two", b""]
    assert not spool.waiting()
    assert replayed(spool) == []


def test_after_a_replay_the_file_holds_nothing_of_the_records_and_all_of_its_room(
    spool: Spool,
) -> None:
    spool.append(b"what was kept")
    replayed(spool)
    content = spool.path.read_bytes()
    assert b"kept" not in content
    assert len(content) == ROOM


def test_it_fills_up_to_its_room_and_can_be_filled_again(spool: Spool) -> None:
    fitting = (ROOM - 15) // 128
    for _ in range(2):
        for _ in range(fitting):
            spool.append(b"x" * 100)
        with pytest.raises(SpoolFull):
            spool.append(b"x" * 100)
        assert len(replayed(spool)) == fitting


def test_its_room_is_taken_from_the_disk_at_the_start(spool: Spool) -> None:
    spool.reserve()
    held = spool.path.stat()
    assert held.st_blocks * 512 >= ROOM
    assert held.st_mode & 0o777 == 0o600
    spool.append(b"x")
    assert spool.path.stat().st_size == ROOM


def test_what_fails_is_given_again_with_all_before_it(spool: Spool) -> None:
    for record in (b"one", b"two"):
        spool.append(record)
    given: list[bytes] = []

    def refuse_the_second(record: bytes) -> None:
        given.append(record)
        if record == b"two" and len(given) < 3:
            raise Unavailable

    with pytest.raises(Unavailable):
        spool.replay(refuse_the_second)
    assert spool.waiting()
    assert spool.replay(refuse_the_second) == 2
    assert given == [b"one", b"two", b"one", b"two"]


def test_what_is_appended_during_a_replay_is_replayed_as_well(spool: Spool) -> None:
    spool.append(b"one")
    given: list[bytes] = []

    def append_more(record: bytes) -> None:
        given.append(record)
        if len(given) < 3:
            spool.append(b"more")

    assert spool.replay(append_more) == 3
    assert given == [b"one", b"more", b"more"]
    assert not spool.waiting()


@pytest.mark.parametrize("cut", range(1, 40, 3))
def test_a_line_that_was_cut_short_is_left_out_and_overwritten(spool: Spool, cut: int) -> None:
    spool.append(b"whole")
    end = 15 + 27 + 5 + 1
    spool.append(b"cut short!")
    with spool.path.open("r+b") as file:
        file.seek(end + 38 - cut)
        file.write(bytes(cut))
    again = Spool(spool.path, room=ROOM)
    again.append(b"next")
    # Without its newline alone a line is whole: its length and its checksum are right.
    assert replayed(again) == (
        [b"whole", b"next"] if cut > 1 else [b"whole", b"cut short!", b"next"]
    )


def test_lines_from_before_the_last_emptying_are_not_read_again(spool: Spool) -> None:
    for record in (b"same length", b"same longer"):
        spool.append(record)
    before = spool.path.read_bytes()
    replayed(spool)
    # The machine stopped after the count was written and before the old lines were overwritten.
    with spool.path.open("r+b") as file:
        file.seek(15)
        file.write(before[15:])
    spool.append(b"new length!")
    assert replayed(Spool(spool.path, room=ROOM)) == [b"new length!"]


@settings(max_examples=15)
@given(st.lists(st.binary(max_size=60), max_size=20))
def test_any_bytes_come_back(records: list[bytes]) -> None:
    with TemporaryDirectory() as folder:
        spool = Spool(Path(folder) / "spool", room=ROOM)
        for record in records:
            spool.append(record)
        assert replayed(spool) == records


def test_threads_and_other_openings_of_the_file_lose_nothing(spool: Spool) -> None:
    others = [Spool(spool.path, room=ROOM) for _ in range(2)]

    def append(number: int) -> None:
        for each in range(5):
            others[number % 2].append(f"{number} {each}".encode())

    threads = [threading.Thread(target=append, args=(number,)) for number in range(4)]
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
        spool.append(b"x")
