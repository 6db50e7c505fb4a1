"""The two services on draft orders: one declaration, two hooks, each of one call's drafts."""

import pytest

from cds_hooks.engine.discovery import offered
from cds_hooks.engine.service import Service, answering, services
from cds_hooks.settings.settings import Settings

SIGN, SELECT = services()["medication-safety"], services()["medication-safety-select"]


def test_one_declaration_is_two_services() -> None:
    assert (SIGN.hook, SELECT.hook) == ("order-sign", "order-select")
    assert answering(SIGN, "order-select", id=SELECT.id) == SELECT


@pytest.mark.parametrize("service", [SIGN, SELECT], ids=lambda each: each.id)
def test_discovery_says_for_whom_it_is_and_what_it_is_not(service: Service) -> None:
    text = str(offered(service, Settings()).announced.usage_requirements)
    assert "Adults only" in text
    assert "no complete interaction checker" in text


def test_an_unknown_hook_is_no_hook_to_answer() -> None:
    with pytest.raises(KeyError):
        answering(SIGN, "order-dispatch", id="medication-safety-dispatch")
