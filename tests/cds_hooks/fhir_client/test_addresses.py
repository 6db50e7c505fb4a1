"""Which addresses may be connected to."""

from threading import Event
from time import monotonic

import pytest

from cds_hooks.fhir_client.addresses import METADATA, ForbiddenAddress, allowed, checked, resolve

PUBLIC = ("93.184.216.34", "2606:2800:220:1::1", "8.8.8.8", "::ffff:93.184.216.34")
OF_THE_SITE = (
    "127.0.0.1",
    "10.1.2.3",
    "192.168.0.9",
    "169.254.7.7",
    "100.64.0.1",
    "::1",
    "fd12::1",
)
CARRYING = ("::ffff:10.1.2.3", "64:ff9b::10.1.2.3", "2002:0a01:0203::1")
OF_NOBODY = ("0.0.0.0", "0.1.2.3", "224.0.0.1", "255.255.255.255", "240.0.0.1", "::", "ff02::1")  # noqa: S104 - none is bound


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_allowed(address: str) -> None:
    assert allowed(address, private=False)
    assert allowed(address, private=True)


@pytest.mark.parametrize("address", [*OF_THE_SITE, "::ffff:10.1.2.3"])
def test_an_address_of_the_site_is_allowed_where_it_is_registered(address: str) -> None:
    assert not allowed(address, private=False)
    assert allowed(address, private=True)


@pytest.mark.parametrize("address", CARRYING)
def test_an_address_counts_as_the_one_that_it_carries(address: str) -> None:
    assert not allowed(address, private=False)


@pytest.mark.parametrize("address", [*sorted(map(str, METADATA)), *OF_NOBODY, "fe80::1%eth0"])
def test_what_no_server_of_a_site_can_have_is_never_allowed(address: str) -> None:
    assert not allowed(address, private=True)


def test_one_forbidden_address_among_others_refuses_the_host() -> None:
    with pytest.raises(ForbiddenAddress):
        checked(
            "ehr.example",
            private=False,
            until=monotonic() + 60,
            resolve=lambda _: ["93.184.216.34", "10.0.0.1"],
        )


def test_a_host_without_an_address_is_an_error() -> None:
    with pytest.raises(OSError, match="no address"):
        checked("ehr.example", private=False, until=monotonic() + 60, resolve=lambda _: [])


def test_a_lookup_is_not_waited_for_beyond_the_deadline() -> None:
    over = Event()
    with pytest.raises(TimeoutError):
        checked(
            "ehr.example",
            private=False,
            until=monotonic() + 0.05,
            resolve=lambda _: [str(over.wait(20))],
        )
    over.set()


def test_an_address_resolves_to_itself() -> None:
    assert list(resolve("127.0.0.1")) == ["127.0.0.1"]
    assert list(resolve("[::1]")) == ["::1"]
