"""The table of rules on orders: a row that was read nowhere is off, and a site chooses."""

import pytest

from cds_hooks.clinical.actions import ACTIONS
from cds_hooks.clinical.orders.rule_table import RULES, SOURCES, TABLES
from cds_hooks.settings.services import ServiceSettings
from cds_hooks.settings.settings import Settings
from fhir_adapters.terminology import value_sets
from tests.cds_hooks.clinical.orders.order_charts import OWN_TESTS, Case, said, topic
from tests.charts import ALL_LIVE

WHISTLE = Case(draft=["ibuprofen 400 mg"], listed=["apixaban 5 mg"])
TERATOGEN = Case(draft=["acitretin 25 mg"], problems=["77386006"], who="woman")
UNREAD = "retinoid-immunomodulator-pregnancy"


def site(**chosen: object) -> Settings:
    """A site where every service is live and that chose something for this one."""
    own = ServiceSettings(mode="live", **chosen)  # type: ignore[arg-type]
    return Settings(services={**ALL_LIVE.services, "medication-safety": own})


@pytest.mark.parametrize("key", RULES)
def test_a_row_says_what_it_needs_what_to_do_and_where_it_was_read(key: str) -> None:
    rule, source = RULES[key], SOURCES[key]
    assert all((rule.check, rule.topic, rule.finding, rule.advice))
    assert rule.drugs or rule.ingredients or rule.check.startswith("allergy")
    if source.locator:
        assert all((source.label, source.year, source.organisation, source.licence))
        assert all((rule.section, rule.printed))
    assert set(rule.actions) <= set(ACTIONS)
    for name in rule.listed:
        assert name in value_sets.conditions() or name in value_sets.medication_classes()


def test_a_key_names_one_rule_and_a_topic_those_of_one_danger() -> None:
    assert sum(len(table.rules) for table in TABLES.values()) == len(RULES)
    own = {rule.topic: rule.drugs for rule in RULES.values() if rule.check not in OWN_TESTS}
    assert len(own) == sum(rule.check not in OWN_TESTS for rule in RULES.values())
    shared = {rule.topic for rule in RULES.values() if rule.check in OWN_TESTS}
    assert shared.isdisjoint(own)


def test_a_row_whose_source_was_not_read_is_off_until_the_site_turns_it_on() -> None:
    assert not SOURCES[UNREAD].locator
    assert topic(UNREAD) not in said(TERATOGEN)
    assert topic(UNREAD) in said(TERATOGEN, settings=site(rules={UNREAD: True}))


def test_a_site_turns_a_rule_off() -> None:
    assert topic("anticoagulant-nsaid") in said(WHISTLE)
    off = site(rules={"anticoagulant-nsaid": False})
    assert topic("anticoagulant-nsaid") not in said(WHISTLE, settings=off)


def test_a_site_sets_the_threshold_of_a_rule() -> None:
    case = Case(
        draft=["spironolactone 25 mg"], listed=["ramipril 5 mg"], results={"potassium": 5.2}
    )
    assert topic("potassium-raas") in said(case)
    higher = site(thresholds={"potassium-raas": 5.5})
    assert topic("potassium-raas") not in said(case, settings=higher)
