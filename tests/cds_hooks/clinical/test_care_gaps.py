"""Care gaps: each rule on a chart that calls for it, a near miss, and one where it is not known."""

from typing import Any

import msgspec
import pytest

from cds_hooks.clinical import care_gaps
from cds_hooks.clinical.care_gaps import RULES, TABLE
from cds_hooks.engine.service import services
from tests.charts import (
    DIABETES,
    HEART_FAILURE,
    HYPERTENSION,
    INFARCTION,
    LOINC,
    SUBJECT,
    TODAY,
    ask,
    order,
    patient,
    problem,
    result,
    visit_for,
)

Resource = dict[str, Any]
CKD, FH, STROKE = "709044004", "398036000", "422504002"
DRAFTS = {
    "statin": "C10AA05",
    "beta_blocker": "C07AB07",
    "raas": "C09AA05",
    "sglt2i": "A10BK01",
    "mra": "C03DA01",
    "antiplatelet": "B01AC06",
    "antihypertensive": "C08CA01",
}
EARLIER = "2026-01-10T08:00:00Z"


def lvef(value: float) -> Resource:
    """An ejection fraction."""
    quantity = {"value": value, "unit": "%", "system": "http://unitsofmeasure.org", "code": "%"}
    return result("hba1c", 1) | {
        "id": "lvef",
        "code": {"coding": [{"system": LOINC, "code": "10230-1"}]},
        "valueQuantity": quantity,
    }


SAFE = (
    *(result(*each) for each in (("potassium", 4.2), ("creatinine", 1.0), ("sbp", 124.0))),
    result("heart_rate", 76),
)
FAILING = (problem(HEART_FAILURE), lvef(40), *SAFE)
DIABETIC_KIDNEY = (problem(DIABETES), problem(CKD), result("uacr", 30), *SAFE)
HIGH = tuple(result("sbp", value, at) for value, at in ((150, EARLIER), (146, TODAY)))
TAKEN = {name: order(code) for name, code in DRAFTS.items()}


def without(*names: str) -> tuple[Resource, ...]:
    """The drugs of every class but these."""
    return tuple(drug for name, drug in TAKEN.items() if name not in names)


CALLING: dict[str, tuple[Resource, ...]] = {
    "statin-ascvd": (problem(INFARCTION), *without("statin")),
    "hfref-beta-blocker": (*FAILING, *without("beta_blocker")),
    "hfref-raas": (*FAILING, *without("raas")),
    "hfref-sglt2i": (*FAILING, *without("sglt2i")),
    "hfref-mra": (*FAILING, *without("mra")),
    "antiplatelet-infarction": (problem(INFARCTION), *without("antiplatelet")),
    "raas-diabetic-kidney": (*DIABETIC_KIDNEY, *without("raas")),
    "sglt2i-diabetic-kidney": (*DIABETIC_KIDNEY, *without("sglt2i")),
    "statin-familial": (problem(FH), result("ldl", 190), *without("statin")),
    "statin-diabetes": (problem(DIABETES), *without("statin")),
    "statin-kidney": (problem(CKD), result("creatinine", 1.6), *without("statin")),
    "hypertension-untreated": (problem(HYPERTENSION), *HIGH),
    "hba1c-above-9": (problem(DIABETES), result("hba1c", 9.1), *without()),
    "uacr-yearly": (problem(DIABETES), *without()),
    "creatinine-yearly": (problem(DIABETES), *without()),
}
NEAR: dict[str, tuple[Resource, ...]] = {
    "statin-ascvd": (problem(INFARCTION), *without()),
    "hfref-beta-blocker": (*FAILING, problem("195967001"), *without("beta_blocker")),
    "hfref-raas": (*FAILING, result("potassium", 5.1, "2026-03-15T09:00:00Z"), *without("raas")),
    "hfref-sglt2i": (problem(HEART_FAILURE), lvef(41), *SAFE, *without("sglt2i")),
    "hfref-mra": (*FAILING, result("sbp", 70, "2026-03-15T09:00:00Z"), *without("mra")),
    "antiplatelet-infarction": (
        problem(INFARCTION),
        order("B01AF02"),
        *without("antiplatelet"),
    ),
    "raas-diabetic-kidney": (
        problem(DIABETES),
        problem(CKD),
        result("uacr", 29),
        *SAFE,
        *without("raas"),
    ),
    "sglt2i-diabetic-kidney": (*DIABETIC_KIDNEY, problem("46635009"), *without("sglt2i")),
    "statin-familial": (problem(FH), result("ldl", 189), *without("statin")),
    "statin-diabetes": (problem(DIABETES), result("alt", 900), *without("statin")),
    "statin-kidney": (problem(CKD), result("creatinine", 1.0), *without("statin")),
    "hypertension-untreated": (
        problem(HYPERTENSION),
        *(result("sbp", value, at) for value, at in ((139, EARLIER), (138, TODAY))),
    ),
    "hba1c-above-9": (problem(DIABETES), result("hba1c", 9.0), *without()),
    "uacr-yearly": (problem(DIABETES), result("uacr", 5, "2025-04-01T08:00:00Z"), *without()),
    "creatinine-yearly": (problem(DIABETES), result("creatinine", 1.0), *without()),
}
BLINDED = order("X") | {"id": "blinded", "medicationCodeableConcept": {"text": "Study drug A"}}


def told(*chart: Resource, **prefetch: Any) -> str:
    """What the card tells, topic and text; "" if there is none."""
    cards = ask("care-gaps", patient(), *chart, **prefetch)["cards"]
    assert len(cards) <= 1
    return "".join(f"{each['source']['topic']['code']} {each['summary']}" for each in cards)


def test_every_rule_that_is_on_has_a_chart() -> None:
    on = {key for key, rule in RULES.items() if TABLE.sources[rule.source].locator}
    assert on == set(CALLING) == set(NEAR)


@pytest.mark.parametrize("key", CALLING)
def test_a_rule_speaks_where_what_it_needs_is_there_and_nothing_speaks_against_it(key: str) -> None:
    assert RULES[key].topic in told(*CALLING[key])


@pytest.mark.parametrize("key", NEAR)
def test_a_rule_is_silent_just_beside_it(key: str) -> None:
    assert RULES[key].topic not in told(*NEAR[key])


@pytest.mark.parametrize("key", [key for key in CALLING if RULES[key].missing])
def test_nothing_is_said_to_be_missing_from_a_list_that_was_not_wholly_read(key: str) -> None:
    assert RULES[key].topic not in told(*CALLING[key], BLINDED)


@pytest.mark.parametrize("key", [key for key in CALLING if RULES[key].allergic])
def test_no_drug_is_proposed_while_allergies_are_not_known(key: str) -> None:
    assert RULES[key].topic not in told(*CALLING[key], allergies=...)


@pytest.mark.parametrize("key", [key for key in CALLING if RULES[key].unmeasured])
def test_no_result_is_said_to_be_missing_where_none_was_given(key: str) -> None:
    assert RULES[key].topic not in told(*CALLING[key], renal_labs=...)


def visit(kind: str) -> Resource:
    """A visit that is under way; of a kind that is not told where that is ""."""
    under_way: Resource = {"resourceType": "Encounter", "id": "e1", "status": "in-progress"}
    under_way |= {"subject": SUBJECT, "period": {"start": TODAY}}
    return under_way | ({"class": {"code": kind}} if kind else {})


@pytest.mark.parametrize("kind", ["IMP", "EMER", ""])
@pytest.mark.parametrize("key", CALLING)
def test_all_is_silent_during_a_stay_an_emergency_and_a_visit_of_no_known_kind(
    key: str, kind: str
) -> None:
    assert told(*CALLING[key], visit(kind)) == ""


@pytest.mark.parametrize("key", CALLING)
def test_a_visit_to_a_clinic_silences_nothing(key: str) -> None:
    assert RULES[key].topic in told(*CALLING[key], visit("AMB"))


def test_all_is_silent_while_a_critical_result_stands_that_no_visit_explains() -> None:
    chart = (problem(DIABETES), *without("statin"))
    assert told(*chart, result("glucose", 610)) == ""
    assert "Statin" in told(*chart, result("glucose", 240))
    assert "Statin" in told(*chart, result("glucose", 610, EARLIER), result("glucose", 240))


@pytest.mark.parametrize("key", [key for key in CALLING if RULES[key].allergic])
def test_an_intolerance_to_one_drug_of_the_class_silences_the_proposal(key: str) -> None:
    code = DRAFTS[RULES[key].missing]
    recorded = {
        "resourceType": "AllergyIntolerance",
        "id": "a1",
        "type": "intolerance",
        "clinicalStatus": {"coding": [{"code": "active"}]},
        "code": {"text": NAMES[code]},
        "patient": SUBJECT,
    }
    assert RULES[key].topic not in told(*CALLING[key], recorded)


NAMES = {
    "C10AA05": "atorvastatin",
    "C07AB07": "bisoprolol",
    "C09AA05": "ramipril",
    "A10BK01": "dapagliflozin",
    "C03DA01": "spironolactone",
    "B01AC06": "aspirin",
}


@pytest.mark.parametrize("key", [key for key, rule in RULES.items() if rule.unborn])
def test_a_drug_that_may_harm_the_unborn_is_not_proposed_where_a_pregnancy_is_possible(
    key: str,
) -> None:
    woman = patient(gender="female", birthDate="1986-01-10")
    cards = ask("care-gaps", woman, *CALLING[key])["cards"]
    assert all(RULES[key].topic not in each["source"]["topic"]["code"] for each in cards)


@pytest.mark.parametrize("key", [key for key in CALLING if RULES[key].missing])
def test_medication_safety_is_silent_on_what_is_proposed(key: str) -> None:
    service = services()["medication-safety"]
    draft = order(DRAFTS[RULES[key].missing], status="draft", id="draft")
    asked = (patient(), *CALLING[key], *visit_for(service), draft)
    assert ask("medication-safety", *asked)["cards"] == []


@pytest.mark.parametrize("key", CALLING)
def test_medication_safety_is_silent_on_every_request_that_is_suggested(key: str) -> None:
    (card,) = ask("care-gaps", patient(), *CALLING[key])["cards"]
    actions = [action for each in card["suggestions"] for action in each["actions"]]
    drafts = [{**each["resource"], "id": f"s{at}"} for at, each in enumerate(actions)]
    assert drafts
    assert all(each["resourceType"] == "ServiceRequest" for each in drafts)
    visit = visit_for(services()["medication-safety"])
    assert ask("medication-safety", patient(), *CALLING[key], *visit, *drafts)["cards"] == []


def test_a_rule_whose_source_was_not_read_is_off(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "AntiplateletStroke" not in told(problem(STROKE), *without("antiplatelet"))
    unread = {key: msgspec.structs.replace(each, locator="") for key, each in TABLE.sources.items()}
    monkeypatch.setattr(care_gaps, "TABLE", msgspec.structs.replace(TABLE, sources=unread))
    assert all(told(*chart) == "" for chart in CALLING.values())


def test_every_rule_that_is_on_names_its_section_value_grade_and_licence() -> None:
    for rule in RULES.values():
        source = TABLE.sources[rule.source]
        if source.locator:
            assert all((rule.section, rule.printed, rule.grade, source.licence, source.year))


def test_a_card_is_short() -> None:
    cards = [ask("care-gaps", patient(), *chart)["cards"][0] for chart in CALLING.values()]
    words = sorted(len(f"{each['summary']} {each['detail']}".split()) for each in cards)
    assert words[len(words) // 2] <= 45
    assert words[-1] <= 90
