"""What a card on a draft offers, and when it is another card."""

from typing import Any

import pytest

from cds_hooks.settings.services import ServiceSettings
from cds_hooks.settings.settings import Settings
from tests.cds_hooks.clinical.orders.order_charts import Case, draft, drug, said
from tests.charts import ALL_LIVE, ask, patient

REMOVING = Settings(
    services={
        **ALL_LIVE.services,
        "medication-safety": ServiceSettings(mode="live", remove_drafts=True),
    }
)
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
