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
from cds_hooks.engine.topics import row_of, topics
from cds_hooks.protocol.cards import Card
from cds_hooks.protocol.hooks import CONTEXTS
from cds_hooks.protocol.json import read_request
from tests.charts import ALL_LIVE, INSTANCE, shipped
from tests.golden import charts, held, told_on

CHARTS = [each for each in charts() if each.stem != "sandbox-dstu2"]


GATHERING = sorted(id for id, each in services().items() if each.gathers)


@pytest.mark.parametrize("gathering", GATHERING)
@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.stem)
def test_no_topic_is_told_twice_and_each_by_the_service_that_owns_it(
    chart: Path, gathering: str
) -> None:
    offer = offered(services()[gathering], ALL_LIVE)
    if CONTEXTS[offer.service.hook].encounter_is_required() and not has_a_visit(chart):
        pytest.skip("the hook is about an encounter, and the chart has none")
    body = hook_body(held(chart), offer, hook_instance=INSTANCE)
    asked = read_request(body, offer.service.hook)
    answer = respond(offer, asked, now=told_on(chart), models=shipped())
    shown = answer.response.cards
    topics_shown = [each.source.topic.code for each in shown if each.source.topic]
    assert len(topics_shown) == len(set(topics_shown))
    assert sum("statin" in each.summary.casefold() for each in shown) <= 1
    for part in answer.evaluations[1:]:
        for each in part.findings:
            row = row_of(each.topic)
            assert row is not None, each.topic
            assert part.service.id in row.owners


def has_a_visit(chart: Path) -> bool:
    return any(each["resourceType"] == "Encounter" for each in held(chart))


def test_a_topic_has_one_owner_on_each_hook() -> None:
    for row in topics().values():
        hooks = [services()[id].hook for id in row.owners]
        assert hooks
        assert len(hooks) == len(set(hooks)), row.topic


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
