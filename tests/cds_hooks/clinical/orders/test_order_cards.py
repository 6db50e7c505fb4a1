"""What a card on a draft offers, and when it is another card."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from cds_hooks.engine.discovery import offered
from cds_hooks.engine.fatigue import ANSWERED, Answered, Past, withhold
from cds_hooks.engine.respond import respond
from cds_hooks.engine.service import services
from cds_hooks.protocol.json import encode, read_request
from cds_hooks.settings.fatigue import FatigueSettings
from cds_hooks.settings.services import ServiceSettings
from cds_hooks.settings.settings import Settings
from tests.cds_hooks.clinical.orders.order_charts import Case, draft, drug, said
from tests.charts import ALL_LIVE, LOINC, NOW, SUBJECT, ask, patient, request

REMOVING = Settings(
    services={
        **ALL_LIVE.services,
        "medication-safety": ServiceSettings(mode="live", remove_drafts=True),
    }
)
WATCHING = replace(ALL_LIVE, fatigue=FatigueSettings(on=True))
BLEEDING = Case(listed=["apixaban 5 mg"], draft=["ibuprofen 400 mg"])


def actions(card: dict[str, Any]) -> list[dict[str, Any]]:
    return [action for each in card.get("suggestions", ()) for action in each["actions"]]


def deletions(case: Case, **asked: Any) -> list[str]:
    """The drafts whose deletion any card suggests."""
    found = [action for card in said(case, **asked).values() for action in actions(card)]
    return [each["resourceId"] for each in found if each["type"] == "delete"]


def test_to_delete_a_draft_is_suggested_only_where_the_site_wants_that() -> None:
    assert deletions(BLEEDING) == []
    assert deletions(BLEEDING, settings=REMOVING) == ["MedicationRequest/d0"]


@pytest.mark.parametrize(
    ("listed", "drafted"),
    [
        (["apixaban 5 mg", "ibuprofen 200 mg"], "ibuprofen 400 mg"),
        (["phenelzine 15 mg", "sertraline 50 mg"], "sertraline 100 mg"),
    ],
)
def test_a_drug_that_is_taken_already_is_never_suggested_to_be_deleted(
    listed: list[str], drafted: str
) -> None:
    case = Case(listed=listed, draft=[drafted])
    assert said(case, settings=REMOVING)
    assert deletions(case, settings=REMOVING) == []


def test_what_only_may_be_there_suggests_no_deletion() -> None:
    case = Case(old=["phenelzine 15 mg"], draft=["sertraline 50 mg"])
    assert deletions(case, settings=REMOVING) == []


def test_a_valve_in_pregnancy_is_never_left_without_its_warfarin() -> None:
    pregnant = ["77386006", "232773001"]
    case = Case(who="woman", problems=pregnant, draft=["warfarin 5 mg"])
    assert deletions(case, settings=REMOVING) == []


def topics(*resources: dict[str, Any]) -> list[str]:
    answer = ask("medication-safety", patient(), *resources)
    return [card["source"]["topic"]["code"] for card in answer["cards"]]


def test_the_same_draft_on_the_same_chart_is_the_same_topic() -> None:
    chart = drug("apixaban 5 mg", "l1")
    assert topics(chart, draft("ibuprofen 400 mg", "1")) == topics(
        chart, draft("ibuprofen 400 mg", "another-temporary-id")
    )


@pytest.mark.parametrize(
    ("chart", "drafted"),
    [
        (drug("apixaban 5 mg", "l1"), draft("naproxen 500 mg")),
        (drug("apixaban 5 mg", "l1"), draft("ibuprofen 400 mg | 400 mg daily")),
        (drug("rivaroxaban 20 mg", "l1"), draft("ibuprofen 400 mg")),
        (drug("apixaban 5 mg", "l1", authoredOn="2026-03-14"), draft("ibuprofen 400 mg")),
    ],
)
def test_another_draft_or_another_chart_is_another_topic(
    chart: dict[str, Any], drafted: dict[str, Any]
) -> None:
    assert topics(chart, drafted) != topics(drug("apixaban 5 mg", "l1"), draft("ibuprofen 400 mg"))


def test_what_was_answered_at_selection_is_answered_at_signing() -> None:
    resources = [patient(), drug("apixaban 5 mg", "l1"), draft("ibuprofen 400 mg")]
    signed = topics(*resources[1:])
    answer = ask("medication-safety-select", *resources)
    assert [card["source"]["topic"]["code"] for card in answer["cards"]] == signed


def test_nothing_is_ever_done_unasked() -> None:
    chart = Case(listed=["methotrexate 2.5 mg"], draft=["trimethoprim 200 mg"])
    answer = ask("medication-safety", *chart.resources(), settings=REMOVING)
    assert "systemActions" not in answer


def test_a_test_that_a_draft_asks_for_already_is_not_suggested_again() -> None:
    potassium = {"coding": [{"system": LOINC, "code": "2823-3"}]}
    asked = {"resourceType": "ServiceRequest", "id": "s1", "status": "draft", "code": potassium}
    chart = [patient(), drug("lisinopril 10 mg", "l1"), draft("trimethoprim 200 mg")]
    (card,) = ask("medication-safety", *chart)["cards"]
    assert [each["type"] for each in actions(card)] == ["create"]
    (card,) = ask("medication-safety", *chart, asked | {"subject": SUBJECT})["cards"]
    assert actions(card) == []


def answered(*resources: dict[str, Any], before: tuple[str, ...] = ()) -> list[str]:
    """Why each card is withheld from a user who answered cards of these topics a minute ago."""
    service = offered(services()["medication-safety"], WATCHING)
    sent = encode(request(service.service, patient(), *resources))
    answer = respond(service, read_request(sent, "order-sign"), now=NOW)
    given = {topic: Answered("warning", 1.0, NOW - timedelta(minutes=1)) for topic in before}
    return [each.withheld for each in withhold(answer, Past(answered=given), now=NOW).issued]


def test_a_card_that_its_user_answered_is_not_shown_again_for_the_same_draft_and_chart() -> None:
    chart = drug("apixaban 5 mg", "l1")
    before = tuple(topics(chart, draft("ibuprofen 400 mg")))
    assert answered(chart, draft("ibuprofen 400 mg", "2"), before=before) == [ANSWERED]
    assert answered(chart, draft("naproxen 500 mg"), before=before) == [""]
    changed = drug("apixaban 5 mg", "l1", authoredOn="2026-03-14")
    assert answered(changed, draft("ibuprofen 400 mg"), before=before) == [""]


def test_what_is_life_threatening_is_shown_again_to_whoever_answered_it() -> None:
    chart = [drug("methotrexate 2.5 mg", "l1"), draft("trimethoprim 200 mg")]
    assert answered(*chart, before=tuple(topics(*chart))) == [""]
