"""Each rule on orders: a chart that fires, a near miss, and an unknown."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from cds_hooks.clinical.orders.rule_table import RULES, SOURCES
from tests.cds_hooks.clinical.orders.order_charts import (
    OWN_TESTS,
    Case,
    allergy,
    draft,
    drug,
    said,
    topic,
    topic_of,
)
from tests.charts import ask, patient, problem

TABLE: dict[str, dict[str, Case]] = msgspec.toml.decode(
    Path(__file__).with_name("cases.toml").read_bytes(), type=dict[str, dict[str, Case]]
)
ON = [
    key
    for key, rule in RULES.items()
    if SOURCES[key].locator and not rule.off_by_default and rule.check not in OWN_TESTS
]
MOST_WORDS = 90
MEDIAN_WORDS = 45


def words(card: dict[str, Any]) -> int:
    """How many words of a card are its own, without the closing line that every card has."""
    detail = card["detail"].removesuffix("_Research use; not a medical device._")
    return len(f"{card['summary']} {detail}".split())


def test_every_rule_that_is_on_has_a_case_that_fires_a_near_miss_and_an_unknown() -> None:
    kinds = {"fires", "near-miss", "unknown"}
    assert [key for key in ON if set(TABLE.get(key, ())) != kinds] == []


@pytest.mark.parametrize("rule", TABLE)
def test_a_rule_fires_where_it_must(rule: str) -> None:
    card = said(TABLE[rule]["fires"])[topic(rule)]
    assert card["indicator"] == RULES[rule].indicator
    assert not card["summary"].startswith("Check")


@pytest.mark.parametrize("rule", TABLE)
def test_a_rule_does_not_fire_on_a_near_miss(rule: str) -> None:
    assert topic(rule) not in said(TABLE[rule]["near-miss"])


@pytest.mark.parametrize("rule", TABLE)
def test_what_is_unknown_is_shown_to_be_checked_or_stays_silent(rule: str) -> None:
    case = TABLE[rule]["unknown"]
    card = said(case).get(topic(rule))
    assert bool(card) is (case.expect == "check")
    if card:
        assert card["indicator"] == "warning"
        assert card["summary"].startswith("Check")


def test_a_card_says_what_to_do_in_few_words() -> None:
    lengths = sorted(words(said(TABLE[rule]["fires"])[topic(rule)]) for rule in TABLE)
    assert lengths[len(lengths) // 2] <= MEDIAN_WORDS
    assert lengths[-1] <= MOST_WORDS


@pytest.mark.parametrize("rule", [key for key in TABLE if RULES[key].check == "pair"])
def test_a_pair_is_found_between_two_drafts_too(rule: str) -> None:
    case = TABLE[rule]["fires"]
    both = msgspec.structs.replace(case, listed=[], draft=[*case.listed, *case.draft])
    assert topic(rule) in said(both)


@pytest.mark.parametrize("rule", [key for key in TABLE if RULES[key].check == "pair"])
def test_a_pair_is_found_whichever_of_the_two_is_the_draft(rule: str) -> None:
    case = TABLE[rule]["fires"]
    turned = msgspec.structs.replace(case, listed=case.draft, draft=case.listed)
    assert topic(rule) in said(turned)


def test_order_select_speaks_of_what_is_selected_only() -> None:
    chart = [patient(), drug("apixaban 5 mg", "l1"), draft("ibuprofen 400 mg", "1")]
    other = draft("paracetamol 1 g", "2")
    answer = ask("medication-safety-select", *chart, other, selections=["MedicationRequest/2"])
    assert answer["cards"] == []
    answer = ask("medication-safety-select", *chart, other, selections=["MedicationRequest/1"])
    assert len(answer["cards"]) == 1


def test_a_draft_that_is_not_selected_counts_like_the_chart() -> None:
    drafts = [draft("apixaban 5 mg", "1"), draft("ibuprofen 400 mg", "2")]
    answer = ask("medication-safety-select", patient(), *drafts, selections=["MedicationRequest/2"])
    assert "ibuprofen 400 mg with apixaban 5 mg" in answer["cards"][0]["summary"]


def test_the_service_is_for_adults_and_says_so() -> None:
    child = patient(birthDate="2015-01-10")
    answer = ask("medication-safety", child, drug("apixaban 5 mg", "l1"), draft("ibuprofen 400 mg"))
    assert answer["cards"] == []
    assert "18 to 130" in str(answer["extension"])


def test_a_draft_of_another_patient_is_never_used_and_that_is_said() -> None:
    foreign = draft("ibuprofen 400 mg", subject={"reference": "Patient/p2"})
    answer = ask("medication-safety", patient(), drug("apixaban 5 mg", "l1"), foreign)
    (card,) = answer["cards"]
    assert (card["indicator"], topic_of(card)) == ("warning", "Unchecked")
    assert "another patient" in card["detail"]


def test_a_draft_without_a_code_is_said_not_to_have_been_read() -> None:
    nameless = draft("", "7", medicationCodeableConcept={})
    (card,) = ask("medication-safety", patient(), nameless)["cards"]
    assert card["indicator"] == "info"
    assert "MedicationRequest/7: it names no drug" in card["detail"]


def test_a_medication_list_that_was_not_given_is_said_to_be_unchecked() -> None:
    answer = ask("medication-safety", patient(), draft("ibuprofen 400 mg"), medications=...)
    assert "The medication list was not given" in answer["cards"][-1]["detail"]


def test_what_is_recorded_is_certain_though_another_entry_could_not_be_placed() -> None:
    certain = TABLE["heparin-hit"]["fires"]
    both = msgspec.structs.replace(certain, unplaced="heparin-induced thrombocytopenia")
    assert said(both)[topic("heparin-hit")]["indicator"] == "critical"


def test_a_pregnancy_without_a_date_is_shown_to_be_checked() -> None:
    undated = problem("77386006", onsetDateTime=None)
    woman = patient(gender="female", birthDate="1992-01-10")
    (card,) = ask("medication-safety", woman, undated, draft("losartan 50 mg"))["cards"]
    assert (card["indicator"], topic_of(card)) == ("warning", topic("raas-pregnancy"))


def test_an_allergy_that_could_not_be_placed_is_said_to_be_unchecked() -> None:
    unknown = allergy("something in the ward")
    (card,) = ask("medication-safety", patient(), unknown, draft("amoxicillin 500 mg"))["cards"]
    assert topic_of(card) == "Unchecked"
    assert "list of allergies has 1 entry that may be it" in card["detail"]


def test_an_allergy_to_one_drug_forbids_no_other_of_its_class() -> None:
    case = Case(allergies=["amoxicillin | severe"], draft=["flucloxacillin 500 mg"])
    assert said(case) == {}


def test_heparin_covers_warfarin_until_the_inr_is_in_range() -> None:
    bridged = Case(listed=["warfarin 5 mg"], draft=["enoxaparin 80 mg | 80 mg twice daily"])
    assert said(bridged) == {}
    in_range = msgspec.structs.replace(bridged, results={"inr": 2.4})
    assert set(said(in_range)) == {topic("duplicate-anticoagulant")}


def test_dual_antiplatelet_therapy_and_an_antiplatelet_with_an_anticoagulant_are_expected() -> None:
    assert said(Case(listed=["aspirin 75 mg"], draft=["ticagrelor 90 mg"])) == {}
    assert said(Case(listed=["apixaban 5 mg"], draft=["clopidogrel 75 mg"])) == {}


def test_basal_with_bolus_insulin_is_expected() -> None:
    assert said(Case(listed=["insulin glargine"], draft=["insulin lispro"])) == {}


def test_two_to_be_taken_as_needed_are_no_duplicate() -> None:
    needed = {"dosageInstruction": [{"asNeededBoolean": True, "text": "400 mg"}]}
    drafts = [draft("ibuprofen 400 mg", "1", **needed), draft("naproxen 500 mg", "2")]
    assert ask("medication-safety", patient(), *drafts)["cards"] == []


def test_two_drafts_of_one_drug_are_one_card() -> None:
    drafts = [draft("amoxicillin 500 mg", str(number)) for number in range(3)]
    chart = [patient(), allergy("penicillin | severe"), *drafts]
    assert len(ask("medication-safety", *chart)["cards"]) == 1


def test_without_a_draft_nothing_is_said() -> None:
    assert ask("medication-safety", patient(), problem("17107009"))["cards"] == []


def test_a_listed_drug_that_is_not_known_is_named_where_a_draft_must_not_meet_some() -> None:
    unknown = drug("Zorblaxin 20 mg", "listed")
    nitrate = draft("isosorbide mononitrate 60 mg")
    (card,) = ask("medication-safety", patient(), nitrate, unknown)["cards"]
    assert card["summary"] == "Not checked: drugs against the chart"
    assert "not known here: Zorblaxin 20 mg" in card["detail"]
    assert ask("medication-safety", patient(), draft("paracetamol 1 g"), unknown)["cards"] == []


@pytest.mark.parametrize("brand", ["Cialis 20 mg", "VIAGRA 50 mg", "Revatio", "Levitra 10 mg"])
def test_a_brand_is_the_drug_that_it_is_of(brand: str) -> None:
    nitrate = draft("isosorbide mononitrate 60 mg")
    (card,) = ask("medication-safety", patient(), nitrate, drug(brand, "listed"))["cards"]
    assert card["indicator"] == "critical"
