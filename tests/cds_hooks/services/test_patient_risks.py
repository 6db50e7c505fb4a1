"""All services on one screen: ranked, one card a topic, few, and nothing lost without a word."""

from collections.abc import Callable, Iterator
from threading import Event
from typing import Any, NoReturn

import pytest

from cds_hooks.engine.card_text import source
from cds_hooks.engine.discovery import offered
from cds_hooks.engine.extension import EXTENSION
from cds_hooks.engine.finding import Finding
from cds_hooks.engine.patient import Assessed
from cds_hooks.engine.service import Service, service, services
from cds_hooks.protocol.cards import LONGEST_SUMMARY, Card, Indicator
from cds_hooks.protocol.errors import PreconditionFailed
from cds_hooks.settings.services import Mode, ServiceSettings
from cds_hooks.settings.settings import Settings
from tests.cds_hooks.protocol.wire_rules import template_faults
from tests.charts import (
    ALL_LIVE,
    APIXABAN,
    ATRIAL_FIBRILLATION,
    HYPERTENSION,
    IBUPROFEN,
    ask,
    at_risk,
    order,
    patient,
    problem,
    result,
)

SERVICE = "patient-risks"
GATHERING = services()[SERVICE]
AF = (problem(ATRIAL_FIBRILLATION), problem(HYPERTENSION))
PATIENCE = {"deadline-seconds": 60.0}
MODES: tuple[tuple[Mode, int], ...] = (("off", 0), ("silent", 0), ("live", 1))
AT_ONCE = {"deadline-seconds": 0.05}

Found = tuple[str, Indicator, float, str]
"""Summary, indicator, how far over the threshold, topic."""


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Puts other services in the place of those that are there."""

    def replace(*others: Service) -> None:
        found = {each.id: each for each in (GATHERING, *others)}
        monkeypatch.setattr("cds_hooks.engine.service.services", lambda: found)

    return replace


def _finding(id: str, *found: Found) -> Service:
    def present(_: Assessed) -> Iterator[Finding]:
        """Finds what it is told to."""
        for summary, indicator, over, topic in found:
            card = Card(summary=summary, indicator=indicator, source=source("A test", topic=topic))
            yield Finding(card, over)

    return service(id, title=id, usage_requirements="Needs nothing.")(present)


def _settings(**thresholds: float) -> Settings:
    named = PATIENCE | {name.replace("_", "-"): value for name, value in thresholds.items()}
    return Settings(services={SERVICE: ServiceSettings(thresholds=named)})


def _answer(*resources: dict[str, Any], **options: Any) -> dict[str, Any]:
    return ask(SERVICE, *(resources or (patient(),)), **{"settings": _settings()} | options)


def _summaries(*resources: dict[str, Any], **options: Any) -> list[str]:
    return [card["summary"] for card in _answer(*resources, **options)["cards"]]


def test_the_cards_are_those_of_the_services_themselves() -> None:
    chart = (patient(), *AF, result("potassium", 6.4))
    alone = {
        card["summary"]: card
        for part in GATHERING.parts(ALL_LIVE)
        for card in ask(part.id, *chart)["cards"]
    }
    for card in _answer(*chart)["cards"]:
        same = alone[card["summary"]]
        assert (card["detail"], card["indicator"]) == (same["detail"], same["indicator"])
        assert len(card.get("suggestions", ())) == len(same.get("suggestions", ()))


def test_urgency_ranks_first_and_then_how_far_over_the_threshold(
    registry: Callable[..., None],
) -> None:
    registry(
        _finding("a", ("mild", "info", 9.0, "A"), ("urgent", "warning", 1.1, "B")),
        _finding("b", ("most urgent", "critical", 1.0, "C"), ("more", "warning", 2.5, "D")),
    )
    assert _summaries(settings=_settings(most_cards=4)) == [
        "most urgent",
        "more",
        "urgent",
        "mild",
    ]


def test_three_cards_are_shown_and_one_line_stands_for_the_rest(
    registry: Callable[..., None],
) -> None:
    found: list[Found] = [
        (f"finding {n}: its numbers", "warning", 9.0 - n, f"T{n}") for n in range(5)
    ]
    registry(_finding("a", *found))
    *shown, line = _answer()["cards"]
    assert [card["summary"] for card in shown] == [each[0] for each in found[:3]]
    assert line["summary"] == "2 more: finding 3: its numbers; finding 4: its numbers"
    assert "- warning: finding 4: its numbers" in line["detail"]


def test_the_site_chooses_how_many_cards(registry: Callable[..., None]) -> None:
    found: list[Found] = [(f"finding {n}", "warning", 9.0 - n, f"T{n}") for n in range(5)]
    registry(_finding("a", *found))
    for most, shown in ((1, 1), (4, 4), (5, 5), (9, 5), (0, 1)):
        summaries = _summaries(settings=_settings(most_cards=most))
        assert len([each for each in summaries if each.startswith("finding")]) == shown
        assert len(summaries) == shown + (shown < 5)


def test_the_line_is_as_urgent_as_what_it_stands_for(registry: Callable[..., None]) -> None:
    found: list[Found] = [(f"finding {n}", "warning", 1.0, f"T{n}") for n in range(4)]
    registry(_finding("a", *found))
    assert _answer()["cards"][-1]["indicator"] == "warning"


def test_a_critical_card_is_never_cut_to_a_line(registry: Callable[..., None]) -> None:
    found: list[Found] = [(f"finding {n}", "critical", 1.0, f"T{n}") for n in range(5)]
    registry(_finding("a", *found, ("wait", "warning", 1.0, "W")))
    *shown, line = _summaries()
    assert shown == [f"finding {n}" for n in range(5)]
    assert line == "1 more: wait"


def test_a_long_line_names_each_finding_without_its_numbers_and_is_cut_at_a_word(
    registry: Callable[..., None],
) -> None:
    found: list[Found] = [
        (f"Finding number {n} is here: {'x' * 80}", "info", 9.0 - n, f"T{n}") for n in range(20)
    ]
    registry(_finding("a", *found[:6]))
    assert _summaries()[-1] == (
        "3 more: Finding number 3 is here; Finding number 4 is here; Finding number 5 is here"
    )
    registry(_finding("a", *found))
    line = _summaries()[-1]
    assert line.startswith("17 more: Finding number 3 is here; ")
    assert line.endswith(" …")
    assert len(line) <= LONGEST_SUMMARY


def test_one_card_a_topic_and_the_others_of_it_in_the_line(registry: Callable[..., None]) -> None:
    registry(
        _finding("a", ("first", "warning", 1.5, "Kidney")),
        _finding("b", ("second", "warning", 1.2, "Kidney"), ("third", "info", 1.0, "Liver")),
    )
    assert sorted(_summaries()) == ["1 more: second", "first", "third"]


def test_what_was_not_assessed_comes_last_and_takes_one_card(
    registry: Callable[..., None],
) -> None:
    registry(
        _finding("a", ("A: not assessed (HDL)", "info", 0.0, "A"), ("low", "info", 1.0, "B")),
        _finding("b", ("B: not assessed (HDL)", "info", 0.0, "C")),
    )
    assert _summaries() == ["low", "A: not assessed (HDL)", "1 more: B: not assessed (HDL)"]


def test_a_topic_of_the_line_is_its_own_so_that_it_can_be_muted(
    registry: Callable[..., None],
) -> None:
    registry(_finding("a", *((f"finding {n}", "info", 1.0, f"T{n}") for n in range(4))))
    assert _answer()["cards"][-1]["source"]["topic"]["code"] == "PatientRisks"


def test_a_critical_result_comes_before_a_high_risk() -> None:
    summaries = _summaries(patient(), *at_risk(), result("potassium", 6.6))
    assert summaries[0].startswith("Severe hyperkalaemia")
    assert summaries[1].startswith("10-year ASCVD risk")


def test_a_part_that_raises_costs_only_its_own_cards_and_is_said(
    registry: Callable[..., None],
) -> None:
    def present(_: Assessed) -> NoReturn:
        """Raises."""
        raise ZeroDivisionError("SECRET of the patient")

    raising = service("raising", title="Raising", usage_requirements="Needs nothing.")(present)
    registry(raising, _finding("a", ("shown", "info", 1.0, "A")))
    answer = _answer()
    assert [card["summary"] for card in answer["cards"]] == ["shown"]
    assert answer["extension"][EXTENSION]["failed"] == ["raising"]
    assert "SECRET" not in repr(answer)


def test_a_part_that_is_late_is_said_and_how_long_is_waited_is_the_sites_choice(
    registry: Callable[..., None],
) -> None:
    over = Event()

    def present(_: Assessed) -> Iterator[Card]:
        """Waits."""
        over.wait()
        yield from ()

    registry(service("slow", title="Slow", usage_requirements="Needs nothing.")(present))
    settings = Settings(services={SERVICE: ServiceSettings(thresholds=AT_ONCE)})
    try:
        answer = _answer(settings=settings)
    finally:
        over.set()
    assert answer == {"cards": [], "extension": {EXTENSION: {"late": ["slow"]}}}


def test_only_what_is_live_at_the_site_is_gathered() -> None:
    chart = (patient(), result("potassium", 6.4))
    for mode, shown in MODES:
        modes = {name: ServiceSettings(mode="off") for name in services()}
        modes |= {
            SERVICE: ServiceSettings(mode="live", thresholds=PATIENCE),
            "lab-safety": ServiceSettings(mode=mode),
        }
        settings = Settings(services=modes)
        assert len(_summaries(*chart, settings=settings)) == shown
        assert ("acute-labs" in offered(GATHERING, settings).templates) == bool(shown)


def test_its_prefetch_is_the_union_of_what_its_parts_ask_for() -> None:
    union = offered(GATHERING, ALL_LIVE).templates
    for part in GATHERING.parts(ALL_LIVE):
        for key, template in offered(part, ALL_LIVE).templates.items():
            codes = template.partition("&code=")[2].partition("&")[0].split(",")
            assert set(codes) <= set(union[key].partition("&code=")[2].partition("&")[0].split(","))


def test_std_10_to_13_the_union_obeys_the_query_restrictions() -> None:
    for template in offered(GATHERING, ALL_LIVE).templates.values():
        assert list(template_faults(template)) == []


def test_it_cannot_begin_without_the_patient_and_needs_nothing_else() -> None:
    with pytest.raises(PreconditionFailed) as refusal:
        _answer(patient(), patient=...)
    assert refusal.value.expression == "prefetch.patient"
    answer = _answer(patient(), *AF, result("potassium", 6.4), conditions=...)
    assert len(answer["cards"]) == 1
    told = answer["extension"][EXTENSION]["notAssessed"]
    needed = [each["text"] for each in told if each.get("service") == "af-stroke-risk"]
    assert needed == ["needs conditions, which is absent"]


def test_every_reason_names_the_service_that_gives_it() -> None:
    told = _answer(patient(), *AF)["extension"][EXTENSION]["notAssessed"]
    assert {each["service"] for each in told} <= set(services()) - {SERVICE}
    assert len(told) > 1


def test_the_deceased_are_said_once() -> None:
    told = _answer(patient(deceasedBoolean=True), result("potassium", 6.4))
    assert told["cards"] == []
    (reason,) = told["extension"][EXTENSION]["notAssessed"]
    assert reason["text"] == "the patient is deceased"


def test_a_retry_gets_the_same_answer_word_for_word() -> None:
    chart = (patient(), *at_risk(), *AF, order(APIXABAN), order(IBUPROFEN), result("sodium", 117))
    assert _answer(*chart) == _answer(*chart)
