import pytest

from cds_hooks.settings.server import ServerSettings, networks


def test_an_address_is_a_network_of_one_and_a_network_is_itself() -> None:
    one, many = networks(["10.0.0.5", "10.1.0.0/16"])
    assert (one.num_addresses, many.num_addresses) == (1, 65_536)


@pytest.mark.parametrize("proxy", ["proxy.example", "10.0.0.1/8", "10.0.0.256", ""])
def test_a_proxy_that_is_no_address_and_no_network_is_a_mistake(proxy: str) -> None:
    with pytest.raises(ValueError, match="proxies: "):
        ServerSettings(proxies=(proxy,))
