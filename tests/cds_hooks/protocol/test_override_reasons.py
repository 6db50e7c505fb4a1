import json
import re
from pathlib import Path

from cds_hooks.protocol.json import encode
from cds_hooks.protocol.override_reasons import SYSTEM, override_reasons
from tests.beside import beside

FIXTURES = Path(__file__).parents[3] / "fixtures" / "responses"
JARGON = re.compile(r"CDS|recipient|context|recommend|\*", re.IGNORECASE)


def test_std_30_every_reason_has_code_system_and_display() -> None:
    reasons = override_reasons()
    assert len({reason.code for reason in reasons}) == len(reasons)
    assert {reason.system for reason in reasons} == {SYSTEM}
    assert all(reason.display for reason in reasons)


def test_the_reasons_are_few_and_in_plain_words() -> None:
    reasons = override_reasons()
    assert 5 <= len(reasons) <= 6
    assert [each.display for each in reasons if JARGON.search(str(each.display))] == []
    assert all(len(str(each.display)) <= 32 for each in reasons)


def test_the_reasons_are_less_than_a_third_of_the_cards_bytes() -> None:
    answers = [json.loads(each.read_bytes()) for each in sorted(FIXTURES.glob("*.json"))]
    cards = [card for each in answers for card in each.get("cards", ())]
    assert cards
    whole = sum(len(encode(card)) for card in cards)
    assert sum(len(encode(card["overrideReasons"])) for card in cards) < whole / 3


def test_the_reasons_a_clinician_needs_most_are_offered() -> None:
    codes = {reason.code for reason in override_reasons()}
    assert {"cds-not-applicable", "action-completed", "patient-refuses"} <= codes


def test_the_codes_are_of_the_clinical_value_set() -> None:
    vocabulary = beside("standard/vocabulary")
    chosen = json.loads((vocabulary / "ValueSet-non-adherence-reason-clinical.json").read_bytes())
    include = chosen["compose"]["include"][0]
    assert include["system"] == SYSTEM
    codes = {each["code"] for each in include["concept"]}
    assert {reason.code for reason in override_reasons()} <= codes
