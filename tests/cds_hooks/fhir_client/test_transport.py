"""A body is read to its end or to the deadline; test_http holds what is connected to, and how."""

from collections.abc import Iterator
from time import monotonic

import pytest

from cds_hooks.fhir_client.response import NotFetched
from cds_hooks.fhir_client.transport import in_time
from cds_hooks.fhir_client.watchdog import Watchdog


def test_what_has_come_is_not_unpacked_beyond_the_deadline() -> None:
    unpacked: list[bytes] = []

    def unpacking() -> Iterator[bytes]:
        for part in (b"1", b"2", b"3"):
            unpacked.append(part)
            yield part
            watchdog.until = monotonic() - 1

    watchdog = Watchdog(monotonic() + 60)
    with pytest.raises(NotFetched, match="late"):
        list(in_time(unpacking(), watchdog))
    assert unpacked == [b"1", b"2"]
