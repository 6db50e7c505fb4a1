"""Feedback is on the disk before the 200 goes to the socket; without room there is no 200."""

import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import requests

from tests.conftest import missing
from tests.servers import Server

POSTS = 20
WATCHED = "trace=fsync,fdatasync,recvfrom,sendto"
# 512 or 1024 bytes each, by the shell: more than an empty database takes, and soon used up.
BLOCKS = 3000
REFUSALS = 5
SITE = '[store]\nurl = "sqlite:///feedback.db"\nspool_mb = 1\n'

RECEIVED = re.compile(r'recvfrom(\(| resumed>).*"POST /cds-services/')
SENT = re.compile(r'sendto\(.*"HTTP/1\.1 200')
SYNC = re.compile(r"^(\d+) +f(?:data)?sync\(\d+<(.+?)>")
RESUMED = re.compile(r"^(\d+) +<\.\.\. f(?:data)?sync resumed>")


def events(trace: str) -> Iterator[str]:
    """In their order: "received" a call, "synced" the database's log, "sent" a 200."""
    unfinished: dict[str, str] = {}
    for line in trace.splitlines():
        if RECEIVED.search(line):
            yield "received"
        if SENT.search(line):
            yield "sent"
        if found := SYNC.match(line) or RESUMED.match(line):
            process, path = found[1], found[2] if found.re is SYNC else unfinished[found[1]]
            unfinished[process] = path
            if line.endswith("= 0") and path.endswith("feedback.db-wal"):
                yield "synced"


def test_the_trace_is_read_with_calls_that_others_interrupt() -> None:
    trace = """\
10 recvfrom(9<TCP:[1]>, "POST /cds-services/x/feedback HT"..., 8192, 0, NULL, NULL) = 300
11 fdatasync(7</a/feedback.db-wal> <unfinished ...>
12 fsync(8</a/other>) = 0
11 <... fdatasync resumed>) = 0
10 sendto(9<TCP:[1]>, "HTTP/1.1 200 OK\\r\\nServer: gunico"..., 500, 0, NULL, 0) = 500
11 fsync(7</a/feedback.db-wal>) = -1 EIO (Input/output error)
12 recvfrom(9<TCP:[1]>,  <unfinished ...>
12 <... recvfrom resumed>"POST /cds-services/x/feedback HT"..., 8192, 0, NULL, NULL) = 300
"""
    assert list(events(trace)) == ["received", "synced", "sent", "received"]


def test_each_200_is_sent_after_the_database_has_synced(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    if not shutil.which("strace"):
        missing("no strace: on Debian, sudo apt-get install strace")
    strace = ("strace", "-f", "-y", "-e", WATCHED, "-e", "signal=none", "-o", "trace")
    server = Server(tmp_path, site=SITE, under=strace)
    try:
        server.start()
        for number in range(POSTS):
            assert post(server, number).status_code == 200
    finally:
        server.kill()
    # What the start syncs, and what ends, is before the first call and after the last.
    order = " ".join(events((tmp_path / "trace").read_text(encoding="utf-8", errors="replace")))
    acknowledged = re.findall(r"received((?: synced)*) sent", order)
    record_property("acknowledged after a sync", f"{sum(map(bool, acknowledged))} of {POSTS}")
    assert len(acknowledged) == POSTS
    assert all(acknowledged)


def test_a_full_disk_is_503_and_what_was_acknowledged_before_is_there(tmp_path: Path) -> None:
    limited = ("sh", "-c", f'ulimit -f {BLOCKS} && exec "$@"', "sh")
    server = Server(tmp_path, site=SITE, under=limited)
    acknowledged: list[int] = []
    try:
        server.start()
        number = refused = 0
        # What a refused write frees may be room for a later one.
        while refused < REFUSALS:
            if (answer := post(server, number)).status_code == 200:
                acknowledged.append(number)
            else:
                assert answer.status_code == 503
                assert answer.headers["Retry-After"]
                refused += 1
            number += 1
        assert acknowledged
        assert kept(tmp_path) == acknowledged
        server.kill()
        server.under = ()
        server.start()
        assert post(server, number).status_code == 200
        assert kept(tmp_path) == [*acknowledged, number]
    finally:
        server.kill()


def kept(folder: Path) -> list[int]:
    """The numbers of the cards in the database, which is whole."""
    with closing(sqlite3.connect(folder / "feedback.db")) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        found = database.execute("SELECT card_uuid FROM feedback")
        return sorted(int(card.removeprefix("card ")) for (card,) in found)


def post(server: Server, number: int) -> requests.Response:
    item = {
        "card": f"card {number}",
        "outcome": "overridden",
        "outcomeTimestamp": "2026-03-15T12:00:00Z",
        "overrideReason": {"userComment": "x" * 10_000},
    }
    url = f"{server.url}/cds-services/lab-safety/feedback"
    return requests.post(url, json={"feedback": [item]}, timeout=30)
