import pytest

from cds_hooks.commands.http_client import NotAnswered, cards, described
from tests.cds_hooks.engine.service_at_hand import DISCOVERY, CDSService, listening


@pytest.mark.parametrize("ending", ["", "/", "/cds-services", "/cds-services/"])
def test_the_base_or_the_discovery_url_finds_a_service(ending: str) -> None:
    with listening(CDSService()) as service:
        found = described(service.url + ending, "greeter")
    assert found == (f"{service.url}/cds-services/greeter", DISCOVERY["services"][0])


def test_a_service_that_is_not_offered_is_told_with_those_that_are() -> None:
    with (
        listening(CDSService()) as service,
        pytest.raises(NotAnswered, match=r"no service other .*; it offers greeter"),
    ):
        described(service.url, "other")


def test_an_empty_discovery_offers_nothing() -> None:
    with (
        listening(CDSService(discovery=b'{"services": []}')) as service,
        pytest.raises(NotAnswered, match="it offers nothing"),
    ):
        described(service.url, "greeter")


def test_the_request_is_posted_as_json_and_the_answer_read() -> None:
    with listening(CDSService(body=b'{"cards": [{"summary": "x"}]}')) as service:
        answer = cards(f"{service.url}/cds-services/greeter", {"hook": "patient-view"})
    assert answer == {"cards": [{"summary": "x"}]}
    assert service.sent == [{"hook": "patient-view"}]


def test_another_status_than_200_is_no_answer_and_keeps_the_body() -> None:
    with (
        listening(CDSService(status=412, body=b"{}")) as service,
        pytest.raises(NotAnswered, match="412") as refusal,
    ):
        cards(service.url, {})
    assert refusal.value.body == b"{}"


def test_a_chart_is_not_sent_on_to_where_a_redirect_points() -> None:
    with listening(CDSService()) as elsewhere:
        away = CDSService(status=307, headers={"Location": elsewhere.url})
        with listening(away) as service, pytest.raises(NotAnswered, match="307"):
            cards(service.url, {})
    assert elsewhere.sent == []


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"null", b""])
def test_anything_but_a_json_object_is_no_answer(body: bytes) -> None:
    with (
        listening(CDSService(body=body)) as service,
        pytest.raises(NotAnswered, match="JSON object"),
    ):
        cards(service.url, {})


def test_nobody_there_is_no_answer() -> None:
    with listening(CDSService()) as service:
        pass
    with pytest.raises(NotAnswered, match="no answer"):
        cards(service.url, {})
