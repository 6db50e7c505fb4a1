"""At the deadline every connection ends, whatever it is doing."""

import socket
from collections.abc import Iterator
from time import monotonic

import pytest

from cds_hooks.fhir_client.watchdog import Watchdog


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def test_who_waits_is_woken_at_the_deadline(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, _ = pair
    with Watchdog(monotonic() + 0.05) as watchdog:
        watchdog.watch(ours)
        assert ours.recv(1) == b""
        assert watchdog.left == 0


def test_a_connection_that_comes_too_late_ends_at_once(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    ours, _ = pair
    with Watchdog(monotonic() - 1) as watchdog:
        watchdog.watch(ours)
        assert ours.recv(1) == b""


def test_before_the_deadline_nothing_is_cut(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    with Watchdog(monotonic() + 60) as watchdog:
        assert not watchdog.watches
        watchdog.watch(ours)
        assert watchdog.watches
    theirs.send(b"x")
    assert ours.recv(1) == b"x"
