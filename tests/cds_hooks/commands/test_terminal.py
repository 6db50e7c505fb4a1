import json
from typing import Any

import pytest

from cds_hooks.commands.terminal import answer, outcome, plain

CARD: dict[str, Any] = {
    "summary": "Potassium 6.4 mmol/L",
    "indicator": "critical",
    "source": {"label": "A guideline", "url": "https://example.org/g"},
    "detail": "**What to do:** ECG now.\n\n| a | b |\n|---|---|\n| potassium | 6.4 |",
    "suggestions": [
        {
            "label": "Repeat potassium",
            "actions": [
                {
                    "type": "create",
                    "description": "Draft of a request",
                    "resource": {"resourceType": "ServiceRequest", "status": "draft"},
                }
            ],
        }
    ],
    "links": [{"label": "More", "url": "https://example.org/m", "type": "absolute"}],
}

SHOWN = """\
[CRITICAL] Potassium 6.4 mmol/L
  Source: A guideline <https://example.org/g>

  What to do: ECG now.

  a          b
  potassium  6.4

  Suggestion: Repeat potassium
    create: Draft of a request
      {
        "resourceType": "ServiceRequest",
        "status": "draft"
      }
  Link: More <https://example.org/m>"""


def test_a_card_is_shown_whole() -> None:
    assert answer({"cards": [CARD]}) == SHOWN


def test_the_most_urgent_card_comes_first() -> None:
    cards = [CARD | {"indicator": i, "summary": i} for i in ("info", "odd", "critical", "warning")]
    shown = [line for line in answer({"cards": cards}).splitlines() if line.startswith("[")]
    assert shown == ["[CRITICAL] critical", "[WARNING] warning", "[INFO] info", "[ODD] odd"]


def test_no_cards_are_said() -> None:
    assert answer({"cards": []}) == "No cards."


def test_what_the_service_adds_in_its_extension_is_told() -> None:
    told = answer({"cards": [], "extension": {"example.notAssessed": ["no creatinine"]}})
    assert "no creatinine" in told


@pytest.mark.parametrize(
    "response",
    [
        {},
        {"cards": "none"},
        {"cards": ["x", None]},
        {"cards": [{}]},
        {"cards": [{"source": "x", "suggestions": "x", "links": [7]}]},
        {"cards": [{"suggestions": [{"actions": [{"resource": []}]}]}]},
    ],
)
def test_an_answer_that_breaks_the_standard_is_still_shown(response: dict[str, Any]) -> None:
    assert answer(response)


@pytest.mark.parametrize("sly", ["\x1b[2J", "\x9b2J", "\r", "\x07", "\u202e", "\u2028", "\x00"])
def test_nothing_that_a_service_sends_can_steer_the_terminal(sly: str) -> None:
    assert sly not in answer({"cards": [CARD | {"summary": f"a{sly}b"}]})
    assert plain(f"a\n{sly[0]}b").splitlines() == ["a", " b"]


def test_an_operation_outcome_is_shown_issue_by_issue() -> None:
    issues = [
        {"severity": "error", "code": "required", "details": {"text": "no patient"}},
        {"severity": "warning", "code": "invalid", "diagnostics": "odd", "expression": ["hook"]},
        {"severity": "error", "code": "exception"},
    ]
    issues.append(
        {"details": {"text": "no key"}, "diagnostics": "not fetched", "expression": ["prefetch.x"]}
    )
    body = json.dumps({"resourceType": "OperationOutcome", "issue": issues}).encode()
    assert outcome(body).splitlines() == [
        "error: no patient",
        "warning: odd (hook)",
        "error: exception",
        "error: no key (prefetch.x); not fetched",
    ]


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff", b"[]", b'{"resourceType": "Patient"}'])
def test_a_body_that_is_no_operation_outcome_is_not_shown(body: bytes) -> None:
    assert outcome(body) == ""
