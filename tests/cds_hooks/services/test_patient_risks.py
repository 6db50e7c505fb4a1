"""All services on one screen: ranked, one card a topic, few, and nothing lost without a word."""

from collections.abc import Callable, Iterator
from threading import Event
from typing import Any, NoReturn

import pytest

from cds_hooks.clinical.actions import offering
from cds_hooks.engine.card_text import source
from cds_hooks.engine.discovery import offered
from cds_hooks.engine.extension import EXTENSION
from cds_hooks.engine.finding import Finding, Purpose
from cds_hooks.engine.patient import Assessed
from cds_hooks.engine.service import Service, service, services
from cds_hooks.protocol.cards import LONGEST_SUMMARY, Card, Indicator, Suggestion
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


def _finding(
    id: str,
    *found: Found,
    purpose: Purpose | None = None,
    acute: bool = False,
    actions: tuple[str, ...] = (),
) -> Service:
    def present(_: Assessed) -> Iterator[Finding]:
        """Finds what it is told to."""
        for summary, indicator, over, topic in found:
            card = Card(summary=summary, indicator=indicator, source=source("A test", topic=topic))
            yield Finding(offering(card, *(Suggestion(label=each) for each in actions)), over)

    declared = service(
        id, title=id, usage_requirements="Needs nothing.", purpose=purpose, acute=acute
    )
    return declared(present)


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


def test_dangers_come_first_then_treatment_then_diagnosis_then_prevention(
    registry: Callable[..., None],
) -> None:
    registry(
        _finding("a", ("prevent", "warning", 9.0, "A"), purpose="prevention"),
        _finding("b", ("diagnose", "warning", 5.0, "B")),
        _finding("c", ("treat", "info", 1.0, "C"), purpose="treatment"),
        _finding("d", ("danger", "warning", 1.0, "D"), acute=True),
        _finding("e", ("critical", "critical", 1.0, "E"), purpose="prevention"),
    )
    assert _summaries(settings=_settings(most_cards=5)) == [
        "critical",
        "danger",
        "treat",
        "diagnose",
        "prevent",
    ]


def test_within_a_purpose_urgency_ranks_and_no_two_scales_are_compared(
    registry: Callable[..., None],
) -> None:
    registry(
        _finding("a", ("info", "info", 9.0, "A"), ("warning", "warning", 1.0, "B")),
        _finding("b", ("far beyond", "warning", 9.0, "C")),
    )
    assert _summaries() == ["warning", "far beyond", "info"]


def test_a_finding_or_its_topic_has_a_purpose_of_its_own(registry: Callable[..., None]) -> None:
    named: tuple[tuple[str, Purpose | None], ...] = (
        ("Other", None),
        ("LabSafetyMetformin", None),
        ("Own", "treatment"),
    )

    def present(_: Assessed) -> Iterator[Finding]:
        """Finds what is named."""
        for topic, purpose in named:
            card = Card(summary=topic, indicator="info", source=source("A test", topic=topic))
            yield Finding(card, purpose=purpose)

    registry(service("a", title="a", usage_requirements="Needs nothing.")(present))
    assert _summaries() == ["LabSafetyMetformin", "Own", "Other"]


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
    for most, shown in ((1, 1), (3, 3), (5, 5), (9, 5), (0, 1)):
        summaries = _summaries(settings=_settings(most_cards=most))
        assert len([each for each in summaries if each.startswith("finding")]) == shown
        assert len(summaries) == shown + (shown < 5)


def test_the_line_is_as_urgent_as_what_it_stands_for(registry: Callable[..., None]) -> None:
    shown: list[Found] = [(f"finding {n}", "info", 1.0, f"T{n}") for n in range(4)]
    registry(
        _finding("a", *shown, purpose="treatment"),
        _finding("b", ("later", "warning", 1.0, "L"), purpose="prevention"),
    )
    assert _answer()["cards"][-1]["indicator"] == "warning"


def test_a_critical_card_is_never_cut_to_a_line(registry: Callable[..., None]) -> None:
    found: list[Found] = [(f"finding {n}", "critical", 1.0, f"T{n}") for n in range(5)]
    waits: list[Found] = [(wait, "warning", 1.0, wait) for wait in ("wait", "also wait")]
    registry(_finding("a", *found, *waits))
    *shown, line = _summaries()
    assert shown == [f"finding {n}" for n in range(5)]
    assert line == "2 more: wait; also wait"


def test_a_critical_card_is_shown_beside_another_of_its_topic(
    registry: Callable[..., None],
) -> None:
    found: list[Found] = [(f"finding {n}", "critical", 1.0, "Same") for n in range(3)]
    registry(_finding("a", *found))
    assert _summaries(settings=_settings(most_cards=1)) == [each[0] for each in found]


def test_never_is_exactly_one_finding_folded(registry: Callable[..., None]) -> None:
    found: list[Found] = [(f"finding {n}", "warning", 1.0, f"T{n}") for n in range(4)]
    registry(_finding("a", *found))
    assert _summaries() == [each[0] for each in found]


def test_folded_findings_keep_their_actions_each_named_with_what_it_is_for(
    registry: Callable[..., None],
) -> None:
    registry(
        _finding("a", *((f"shown {n}", "warning", 1.0, f"T{n}") for n in range(3))),
        _finding("b", ("Low iron: 9", "info", 1.0, "I"), actions=("Request ferritin",)),
        _finding("c", ("High LDL: 5", "info", 1.0, "L"), actions=("Propose a statin", "Wait")),
        _finding("d", ("High LDL: 6", "info", 1.0, "M"), actions=("Wait",)),
    )
    line = _answer()["cards"][-1]
    assert line["selectionBehavior"] == "any"
    assert [each["label"] for each in line["suggestions"]] == [
        "Request ferritin (Low iron)",
        "Propose a statin (High LDL)",
        "Wait (High LDL)",
        "Wait (High LDL: 6)",
    ]
    assert len({each["uuid"] for each in line["suggestions"]}) == 4


def test_every_folded_finding_is_named_whole_in_the_card_that_sums_up(
    registry: Callable[..., None],
) -> None:
    found: list[Found] = [(f"finding {n} {'x' * 110}", "info", 1.0, f"T{n}") for n in range(20)]
    registry(_finding("a", *found))
    detail = _answer()["cards"][-1]["detail"]
    assert all(f"- info: {summary}" in detail for summary, *_ in found[3:])


def test_kidney_disease_is_found_by_one_service_and_no_action_is_lost(
    registry: Callable[..., None],
) -> None:
    registry(
        _finding("a", ("KDIGO G4", "info", 1.0, "KidneyRisk"), actions=("Refer",)),
        _finding(
            "b",
            ("eGFR 25 twice", "info", 1.0, "UndocumentedKidneyDisease"),
            actions=("Record", "Refer"),
        ),
    )
    (card,) = _answer()["cards"]
    assert card["summary"] == "KDIGO G4"
    assert [each["label"] for each in card["suggestions"]] == ["Refer", "Record"]


def test_kidney_disease_that_its_owner_does_not_find_is_found_by_the_other(
    registry: Callable[..., None],
) -> None:
    found: Found = ("eGFR 25 twice", "info", 1.0, "UndocumentedKidneyDisease")
    not_assessed: Found = ("Kidney: not assessed (eGFR)", "info", 0.0, "KidneyRisk")
    registry(_finding("b", found), _finding("c", not_assessed))
    assert _summaries() == ["eGFR 25 twice", "Kidney: not assessed (eGFR)"]


def test_two_services_that_say_the_same_are_heard_once(registry: Callable[..., None]) -> None:
    same: Found = ("potassium", "critical", 1.0, "K")
    registry(_finding("a", same), _finding("b", same))
    assert _summaries() == ["potassium"]


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
        _finding("c", ("fourth", "info", 1.0, "Liver")),
    )
    assert _summaries() == ["first", "third", "2 more: second; fourth"]


def test_what_was_not_assessed_comes_last_and_takes_one_card(
    registry: Callable[..., None],
) -> None:
    registry(
        _finding("a", ("A: not assessed (HDL)", "info", 0.0, "A"), ("low", "info", 1.0, "B")),
        _finding("b", ("B: not assessed (HDL)", "info", 0.0, "C")),
        _finding("c", ("C: not assessed (HDL)", "info", 0.0, "D")),
    )
    line = "2 more: B: not assessed (HDL); C: not assessed (HDL)"
    assert _summaries() == ["low", "A: not assessed (HDL)", line]


def test_a_topic_of_the_line_is_its_own_so_that_it_can_be_muted(
    registry: Callable[..., None],
) -> None:
    registry(_finding("a", *((f"finding {n}", "info", 1.0, f"T{n}") for n in range(5))))
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
