"""The words of a card: numbers as people read them, harmless text, length kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from cds_hooks.engine.card_text import (
    LONGEST_DETAIL,
    RESEARCH,
    detail,
    escape,
    frequency,
    measured,
    percent,
    printed,
    sentence,
    span,
)
from fhir_adapters.facts.facts import Fact, State
from fhir_adapters.terminology import value_sets
from predictors.predictor import Link, Prediction


def _risk(low: float, high: float) -> Prediction:
    return Prediction("CVD", low, "1", Link.LOGISTIC, 0.0, (), low, high)


GFM = MarkdownIt("gfm-like", {"linkify": True, "html": True})


@pytest.mark.parametrize(
    ("probability", "text"),
    [
        (0.1234, "12 %"),
        (0.0996, "10 %"),
        (0.0567, "5.7 %"),
        (0.0100, "1.0 %"),
        (0.00434, "0.43 %"),
        (0.7312, "73 %"),
        (0.996, "over 99 %"),
    ],
)
def test_a_probability_has_two_significant_figures(probability: float, text: str) -> None:
    assert percent(probability) == text


def test_a_risk_is_told_as_a_natural_frequency() -> None:
    assert frequency(_risk(0.123, 0.123)) == "12 in 100"
    assert frequency(_risk(0.0043, 0.0043)) == "4 in 1,000"
    assert frequency(_risk(0.05, 0.114)) == "5 to 11 in 100"


def test_a_risk_that_is_not_exactly_known_is_told_as_a_range() -> None:
    assert span(_risk(0.05, 0.114)) == "5.0 to 11 %"
    assert span(_risk(0.1141, 0.1144)) == "11 %"


@pytest.mark.parametrize(
    "text",
    [
        "<img src=x onerror=alert(1)>",
        "[click](http://evil.example)",
        "http://evil.example",
        "www.evil.example",
        "someone@evil.example",
        "**bold** _it_ `code` ~~gone~~",
        "a | b",
        "# heading",
        "&lt;script&gt;",
    ],
)
def test_std_13_text_from_a_record_is_shown_as_it_stands(text: str) -> None:
    html = GFM.render(f"- {escape(text)}")
    shown = html.removeprefix("<ul>\n<li>").removesuffix("</li>\n</ul>\n")
    assert "<" not in shown
    assert "href" not in html


@given(st.text())
def test_escaped_text_never_becomes_markup(text: str) -> None:
    html = GFM.render(f"x {escape(text)} x")
    assert html.startswith("<p>x")
    assert html.count("<") == 2


def test_missing_unknown_and_bounded_are_told_apart() -> None:
    assert measured(Fact("ldl", State.NO_RECORD)) == "no record"
    assert measured(Fact("ldl", State.NOT_GIVEN)) == "unknown"
    assert measured(Fact("diabetes", State.NOT_GIVEN, alternatives=(False, True))) == "no or yes"
    bounded = Fact("uacr", State.KNOWN, unit="mg/g{creat}", value=3.0, bound="<")
    assert measured(bounded).startswith("below 3")


def test_units_are_printed_without_annotations() -> None:
    assert printed("mL/min/{1.73_m2}") == "mL/min/1.73 m²"
    assert printed("mg/g{creat}") == "mg/g"
    assert printed("mm[Hg]") == "mmHg"


def test_no_unit_is_printed_in_brackets() -> None:
    units = {concept.unit for concept in value_sets.concepts().values()}
    assert not [unit for unit in units if set("[]{}") & set(printed(unit))]
    assert measured(Fact("ph", State.KNOWN, unit="[pH]", value=7.27)) == "7.27"


def test_detail_keeps_its_length_by_leaving_remarks_out() -> None:
    text = detail("A" * 300, remarks=["B" * 200] * 10, closing="C" * 100)
    assert len(text) <= LONGEST_DETAIL
    assert text.count("B" * 200) == 3
    assert text.endswith(RESEARCH)


def test_a_piece_of_advice_stands_as_a_sentence() -> None:
    assert sentence("treat now, repeat") == "Treat now, repeat"
    assert sentence("") == ""
