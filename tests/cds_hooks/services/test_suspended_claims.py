"""What a card says of an entry that could not be placed: no claim that it is not there."""

from typing import Any

import pytest

from tests.charts import (
    APIXABAN,
    ATRIAL_FIBRILLATION,
    DIABETES,
    HYPERTENSION,
    IBUPROFEN,
    Resource,
    ask,
    order,
    patient,
    problem,
    result,
)

DIABETIC = result("hba1c", 7.4, "2025-11-10T08:00:00Z"), result("hba1c", 7.2)
AF = patient(), problem(ATRIAL_FIBRILLATION), problem(HYPERTENSION), problem(DIABETES)
BATCH = {"resourceType": "Bundle", "type": "batch-response"}
FORBIDDEN = BATCH | {"entry": [{"response": {"status": "403 Forbidden"}}]}
NOWHERE = {"identifier": {"system": "urn:oid:1.2.3", "value": "1"}}
VENDOR = [{"url": "http://vendor.example/x", "valueBoolean": True}]


def described(code: Resource, **fields: Any) -> Resource:
    return problem("1", **fields) | {"code": code}


def listed(*entries: Resource) -> Resource:
    """The list as an EHR sends it that asks no further than for the patient."""
    resources = [{"resource": each} for each in entries]
    return {"resourceType": "Bundle", "type": "searchset", "entry": resources}


def undocumented(*resources: Resource, **prefetch: Any) -> list[Resource]:
    cards: list[Resource] = ask(
        "undocumented-conditions", patient(), *DIABETIC, *resources, **prefetch
    )["cards"]
    return cards


def stroke_risk(*orders: Resource, **prefetch: Any) -> tuple[str, str]:
    (card,) = ask("af-stroke-risk", *AF, *orders, **prefetch)["cards"]
    return card["indicator"], card["summary"] + card["detail"]


def test_no_record_is_said_of_a_list_that_was_read_and_placed() -> None:
    for placed in ((), (problem("65966004"),), (described({"text": "Hay fever"}),)):
        (card,) = undocumented(*placed)
        assert card["summary"].endswith("no record of diabetes mellitus")


@pytest.mark.parametrize(
    "entry",
    [
        problem(DIABETES, subject=NOWHERE),
        problem(DIABETES, modifierExtension=VENDOR),
        problem(DIABETES, subject="p1"),
        described({"text": "letter of the diabetes clinic"}),
        described({"text": "? diabetes"}),
        described({"coding": [{"system": "urn:oid:1.2.3", "code": "250.00"}]}),
        described({}),
    ],
)
def test_it_is_not_said_where_an_entry_may_be_it(entry: Resource) -> None:
    assert undocumented(conditions=listed(entry)) == []


@pytest.mark.parametrize(
    "conditions",
    [
        FORBIDDEN,
        BATCH | {"entry": [None]},
        BATCH | {"entry": [{}]},
        BATCH
        | {"entry": [], "meta": {"tag": [{"system": "v3-ObservationValue", "code": "SUBSETTED"}]}},
    ],
)
def test_nor_where_the_list_did_not_come_whole(conditions: Resource) -> None:
    assert undocumented(conditions=conditions) == []


def test_an_anticoagulant_is_said_to_be_missing_from_a_list_that_was_read_and_placed() -> None:
    indicator, text = stroke_risk()
    assert indicator == "warning"
    assert "no anticoagulant on the list" in text
    ips = "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips"
    none = order(
        "x", medicationCodeableConcept={"coding": [{"system": ips, "code": "no-known-medications"}]}
    )
    assert stroke_risk(none) == (indicator, text)


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (order(APIXABAN, status="on-hold"), "an order is on the list, but it is on hold"),
        (order(APIXABAN, status="unknown"), "but its status is unknown"),
        (order(APIXABAN, modifierExtension=VENDOR), "changed by an unknown extension"),
        (order(APIXABAN, subject=NOWHERE), "without saying whose it is"),
        (
            order("x", medicationCodeableConcept={"text": "enoxaparin 40 mg/0.4 mL"}),
            "its dose leaves open what it is for",
        ),
    ],
)
def test_it_is_unclear_where_an_order_may_be_one_and_the_card_says_why(
    entry: Resource, said: str
) -> None:
    indicator, text = stroke_risk(medications=listed(entry))
    assert indicator == "info"
    assert "anticoagulation unclear" in text
    assert said in text


def test_so_it_is_where_the_list_was_refused() -> None:
    indicator, text = stroke_risk(medications=FORBIDDEN)
    assert (indicator, "refused by the server" in text) == ("info", True)


@pytest.mark.parametrize(
    "text", ["heparin lock flush 10 units/mL", "STOP apixaban", "enoxaparin 40 mg once daily"]
)
def test_what_is_no_treatment_leaves_it_missing(text: str) -> None:
    indicator, said = stroke_risk(order("x", medicationCodeableConcept={"text": text}))
    assert (indicator, "no anticoagulant on the list" in said) == ("warning", True)


def test_an_entry_that_could_not_be_placed_hides_no_alarm() -> None:
    unread = described({}), problem(DIABETES, subject="p1", id="c2")
    for drugs in (listed(), FORBIDDEN):
        chart = patient(), result("potassium", 6.9)
        cards = ask("lab-safety", *chart, conditions=listed(*unread), medications=drugs)["cards"]
        assert [card["indicator"] for card in cards] == ["critical"]
    both = order(APIXABAN), order(IBUPROFEN), order("x", medicationCodeableConcept={})
    (card,) = ask("lab-safety", patient(), conditions=listed(*unread), medications=listed(*both))[
        "cards"
    ]
    assert card["indicator"] == "warning"


def test_a_urine_albumin_is_not_said_to_be_missing_where_a_result_was_refused() -> None:
    kidney = (
        result("creatinine", 2.6, "2025-09-10T08:00:00Z"),
        result("creatinine", 2.6, "2026-02-10T08:00:00Z"),
    )
    (card,) = ask("kidney-risk", patient(), *kidney)["cards"]
    assert "albumin" in card["summary"] + card["detail"]
    refused = listed(*kidney)
    refused["entry"].append({"response": {"status": "403"}})
    cards = ask("kidney-risk", patient(), renal_labs=refused)["cards"]
    assert all("Request a urine albumin" not in str(each) for each in cards)
