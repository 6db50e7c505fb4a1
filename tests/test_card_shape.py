"""A card is read in seconds: how long the cards of all fixtures are, and in what words."""

import json
import re
from pathlib import Path
from statistics import median
from typing import Any

FIXTURES = Path(__file__).parents[1] / "fixtures" / "responses"
CARDS: list[dict[str, Any]] = [
    card
    for path in sorted(FIXTURES.glob("*.json"))
    for card in json.loads(path.read_bytes()).get("cards", ())
]
NO_REASON = re.compile(r"_(?:Research use|Demo:)[^_]*_|\|[-|]+\|")
JARGON = re.compile(
    r"log-?(?:odds|hazard|scale)|Observation/|Condition/|suboptimal|point estimate|Compared with"
    r"|to be evaluated|converted from|computed by CKD-EPI|TreeSHAP|UCUM|which thinks of",
    re.IGNORECASE,
)
MOST_WORDS = 132
MIDDLE_WORDS = 47


def _text(card: dict[str, Any]) -> str:
    return f"{card['summary']}\n{NO_REASON.sub('', card['detail'])}"


def _words(card: dict[str, Any]) -> int:
    """Everything between spaces that holds a letter or a digit, table cells included."""
    return len([word for word in _text(card).split() if re.search(r"\w", word)])


def test_the_middle_and_the_longest_card_grow_no_longer() -> None:
    words = sorted(map(_words, CARDS))
    assert len(words) > 50
    assert median(words) <= MIDDLE_WORDS
    assert words[-1] <= MOST_WORDS


def test_no_card_speaks_of_how_a_number_was_computed() -> None:
    assert [found[0] for card in CARDS for found in [JARGON.search(_text(card))] if found] == []


def test_research_use_is_said_once_and_small() -> None:
    for card in CARDS:
        assert card["detail"].count("_Research use; not a medical device._") == 1
        assert card["detail"].lower().count("research use") == 1


def test_a_table_of_a_risk_has_three_reasons_at_most() -> None:
    heads = re.compile(r"\| Input \|.*\n\|[-|]+\|\n((?:\|.*\n?)*)")
    tables = [found[1] for card in CARDS for found in heads.finditer(card["detail"])]
    assert len(tables) > 10
    assert max(len(rows.splitlines()) for rows in tables) <= 3
