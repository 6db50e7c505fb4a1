"""Whole requests and answers: what each service says of each fixture patient, word for word."""

from pathlib import Path

import msgspec
import pytest

from cds_hooks.engine.service import services
from cds_hooks.protocol.json import encode
from tests.cds_hooks.protocol.wire_rules import card_faults, received
from tests.golden import (
    FIXTURES,
    answer,
    cases,
    kept,
    pretty,
    request,
    request_file,
    response_file,
    told_on,
)

CASES = list(cases())
IDS = [f"{chart.stem}.{service}" for chart, service in CASES]


@pytest.mark.parametrize(("chart", "service"), CASES, ids=IDS)
def test_the_answer_is_the_golden_one(chart: Path, service: str) -> None:
    body = request(chart, service)
    if kept(chart, service):
        assert request_file(chart, service).read_bytes() == body + b"\n"
    response = answer(body, service, told_on(chart))
    assert [
        fault for card in received(response).get("cards", ()) for fault in card_faults(card)
    ] == []
    assert pretty(response) == response_file(chart, service).read_bytes()


@pytest.mark.parametrize(("chart", "service"), CASES, ids=IDS)
def test_the_answer_does_not_depend_on_the_order_of_a_bundle(chart: Path, service: str) -> None:
    sent = msgspec.json.decode(request(chart, service))
    for bundle in sent["prefetch"].values():
        if isinstance(bundle, dict) and "entry" in bundle:
            bundle["entry"].reverse()
    response = answer(encode(sent), service, told_on(chart))
    assert pretty(response) == response_file(chart, service).read_bytes()


def test_every_service_has_a_chart_that_fires_a_near_miss_and_one_with_unknown_inputs() -> None:
    charts = {chart.stem for chart, _ in CASES}
    for service in services():
        for story in ("fires", "near-miss", "unknown"):
            assert f"{service}-{story}" in charts


@pytest.mark.parametrize("service", services())
def test_the_story_that_fires_suggests_an_action_and_the_near_misses_stay_quiet(
    service: str,
) -> None:
    for chart, named in CASES:
        if named != service or not chart.stem.startswith(f"{service}-"):
            continue
        cards = msgspec.json.decode(response_file(chart, service).read_bytes())["cards"]
        if "-fires" in chart.stem:
            assert any("suggestions" in card for card in cards)
        elif "-near-miss" in chart.stem:
            assert cards == []
        else:
            assert all("suggestions" not in card for card in cards)


def test_no_golden_file_is_left_over() -> None:
    requests = {request_file(*case) for case in CASES if kept(*case)}
    assert set((FIXTURES / "requests").glob("*.json")) == requests
    responses = {response_file(*case) for case in CASES}
    assert set((FIXTURES / "responses").glob("*.json")) == responses
