"""No subject is told twice of one patient, whichever services a site runs together."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from cds_hooks.bundles.bundle_calls import hook_body
from cds_hooks.engine.card_text import source
from cds_hooks.engine.discovery import offered
from cds_hooks.engine.finding import Finding
from cds_hooks.engine.ranking import by_subject
from cds_hooks.engine.respond import respond
from cds_hooks.engine.service import services
from cds_hooks.protocol.cards import Card
from cds_hooks.protocol.json import read_request
from tests.charts import ALL_LIVE, INSTANCE, shipped
from tests.golden import charts, held, told_on

CHARTS = [each for each in charts() if each.stem != "sandbox-dstu2"]


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.stem)
def test_no_two_cards_of_one_patient_have_one_topic(chart: Path) -> None:
    offer = offered(services()["patient-risks"], ALL_LIVE)
    body = hook_body(held(chart), offer, hook_instance=INSTANCE)
    asked = read_request(body, "patient-view")
    shown = respond(offer, asked, now=told_on(chart), models=shipped()).response.cards
    topics = [each.source.topic.code for each in shown if each.source.topic]
    assert len(topics) == len(set(topics))
    assert sum("statin" in each.summary.casefold() for each in shown) <= 1


def finding(topic: str, *subjects: str, urgent: bool = False) -> Finding:
    """A finding that tells of these subjects."""
    card = Card(summary=topic, indicator="info", source=source("A", topic=topic), detail="-")
    card = replace(card, indicator="critical") if urgent else card
    return Finding(card, purpose="prevention", subjects=subjects)


def test_what_another_tells_as_well_is_left_to_it() -> None:
    both, one, other = finding("Both", "a", "b"), finding("One", "a"), finding("Other", "c")
    assert [each.topic for each in by_subject([one, both, other])] == ["Both", "Other"]


def test_of_two_that_tell_the_same_one_stays() -> None:
    assert len(by_subject([finding("One", "a"), finding("Two", "a")])) == 1


def test_what_names_no_subject_or_is_critical_stays() -> None:
    kept = [finding("One"), finding("Two", "a"), finding("Three", "a", urgent=True)]
    assert {each.topic for each in by_subject(kept)} >= {"One", "Three"}
