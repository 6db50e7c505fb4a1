import dataclasses
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from cds_hooks.engine.service import services
from cds_hooks.settings.services import ServiceSettings
from cds_hooks.settings.store import StoreSettings
from cds_hooks.store.assessments import KeptAssessments, KeptReason, in_json
from cds_hooks.store.call_rows import records
from cds_hooks.store.pseudonyms import Keys
from cds_hooks.store.replay import given
from cds_hooks.store.schema import Batch, metadata
from predictors.catalogue import predictors
from tests.cds_hooks.store.calls import answer, call, decoded
from tests.charts import (
    ALL_LIVE,
    ATRIAL_FIBRILLATION,
    DIABETES,
    HYPERTENSION,
    Resource,
    at_risk,
    patient,
    problem,
    result,
)

KEYS = Keys((b"the secret of the tests",))
KEEPING = StoreSettings()


def left(*, settings: StoreSettings = KEEPING, keys: Keys = KEYS, **asked: Any) -> Batch:
    resources = asked.pop("resources", ())
    return records(answer(*resources, **asked), call(), settings=settings, keys=keys)


def content(batch: Batch) -> bytes:
    """The assessments as JSON."""
    packed = batch["calls"][0]["assessments"]
    assert isinstance(packed, bytes)
    return in_json(packed)


def kept(batch: Batch) -> KeptAssessments:
    return msgspec.json.decode(content(batch), type=KeptAssessments)


def smoker(pressure: float) -> tuple[Resource, ...]:
    return (patient(), result("sbp", pressure), *at_risk()[1:])


def test_every_row_has_the_columns_of_its_table() -> None:
    for name, rows in left().items():
        for row in rows:
            assert set(row) == set(metadata.tables[name].columns.keys())


def test_a_call_leaves_its_cards_as_they_were_sent() -> None:
    answered = answer()
    batch = records(answered, call(), settings=KEEPING, keys=KEYS)
    (card,) = answered.response.cards
    (row,) = batch["cards"]
    assert row["uuid"] == card.uuid
    assert row["indicator"] == "critical"
    assert row["topic"] == "LabSafetyPotassium"
    assert row["shown"] is True
    assert row["withheld_reason"] is None
    assert card.suggestions
    assert decoded(str(row["suggestions"])) == [each.uuid for each in card.suggestions]


def test_a_card_itself_is_kept_where_the_site_wants_it() -> None:
    (row,) = left()["cards"]
    assert row["content"] is None
    (row,) = left(settings=StoreSettings(card_content=True))["cards"]
    assert decoded(str(row["content"]))["uuid"] == row["uuid"]


def test_what_a_silent_service_made_is_kept_as_withheld() -> None:
    silent = replace(ALL_LIVE, services={"lab-safety": ServiceSettings(mode="silent")})
    batch = left()
    withheld = records(answer(settings=silent), call(), settings=KEEPING, keys=KEYS)
    (row,) = withheld["cards"]
    assert (row["shown"], row["withheld_reason"]) == (False, "silent")
    assert row["uuid"] == batch["cards"][0]["uuid"]
    assert {each.mode for each in kept(withheld).assessments} <= {"silent"}
    assert [withheld["calls"][0][name] for name in ("mode", "shown")] == ["silent", 0]


def test_a_card_names_the_assessments_that_it_may_rest_on() -> None:
    batch = left(resources=(patient(), *at_risk()), service="cardiovascular-risk")
    (card,) = batch["cards"]
    assert decoded(str(card["rests_on"])) == [0, 1]
    assert card["call_id"] == batch["calls"][0]["id"]
    asked = [each.predictor for each in kept(batch).assessments]
    assert asked == ["prevent", "prevent-30-years"]


def test_of_gathered_services_each_card_names_its_own_assessments() -> None:
    chart = (patient(), *at_risk(), *map(problem, (ATRIAL_FIBRILLATION, HYPERTENSION, DIABETES)))
    batch = left(resources=chart, service="patient-risks")
    made_by = [each.service for each in kept(batch).assessments]
    named = {
        str(row["topic"]): {made_by[each] for each in decoded(str(row["rests_on"]))}
        for row in batch["cards"]
    }
    assert named["CardiovascularRisk"] == {"cardiovascular-risk"}
    assert named["AfStrokeRisk"] == {"af-stroke-risk"}
    assert {row["service"] for row in batch["cards"]} == {"patient-risks"}
    assert len(set(made_by)) > 3


def test_a_refusal_is_kept_with_its_reasons() -> None:
    batch = left(resources=(patient(), result("sbp", 150)), service="cardiovascular-risk")
    (refused,) = (each for each in kept(batch).assessments if each.predictor == "prevent")
    assert refused.predictions == ()
    assert refused.inputs is None
    assert ("hdl", "missing") in {(each.input, each.problem) for each in refused.reasons}


def test_that_a_call_was_made_is_kept_under_its_correlation_id() -> None:
    (row,) = left()["calls"]
    told = {name: row[name] for name in ("id", "event", "hook", "service", "mode", "shown")}
    assert told == {
        "id": "call-1",
        "event": "call",
        "hook": "patient-view",
        "service": "lab-safety",
        "mode": "live",
        "shown": 1,
    }
    assert (row["withheld"], row["detail"]) == (0, None)


def test_ids_of_patient_user_encounter_and_resources_are_kept_keyed() -> None:
    batch = left(resources=(patient(), result("potassium", 6.9, id="SECRET-result")))
    (card,) = batch["cards"]
    assert card["patient_id"] == KEYS.of("patient", "p1", client="demo")
    text = msgspec.json.encode(batch) + content(batch)
    assert b"SECRET" not in text
    assert b"1964-01" not in text


def test_a_site_may_keep_ids_as_they_are() -> None:
    (card,) = left(keys=Keys(KEYS.secrets, plain=True))["cards"]
    assert card["patient_id"] == "p1"
    assert card["user_id"] == "Practitioner/SECRET-user"


def test_a_repeated_call_has_the_same_cards_and_a_row_of_its_own() -> None:
    first, again = (
        records(answer(), call(id), settings=KEEPING, keys=KEYS) for id in ("first", "again")
    )
    assert [row["uuid"] for row in first["cards"]] == [row["uuid"] for row in again["cards"]]
    assert kept(first) == kept(again)
    assert first["calls"][0]["id"] != again["calls"][0]["id"]


def test_a_fact_that_several_predictors_were_given_is_kept_once() -> None:
    chart = (patient(), *at_risk(), problem(ATRIAL_FIBRILLATION))
    found = kept(left(resources=chart, service="patient-risks"))
    first, second, *_ = (each for each in found.assessments if each.inputs)
    assert first.inputs
    assert second.inputs
    assert set(first.inputs) & set(second.inputs)
    assert len(found.facts) < sum(len(each.inputs or ()) for each in found.assessments)


@pytest.mark.parametrize("keeping", ["hashed", "none"])
def test_a_site_may_keep_no_inputs(keeping: Any) -> None:
    settings = StoreSettings(inputs=keeping)
    batch = left(resources=smoker(150), service="cardiovascular-risk", settings=settings)
    found = kept(batch)
    first = found.assessments[0]
    assert found.facts == ()
    assert first.inputs is None
    assert (first.inputs_digest is not None) is (keeping == "hashed")
    assert first.predictions[0].value is not None
    assert {(each.parts, each.note) for each in first.predictions} == {(None, "")}


def test_without_inputs_no_reason_gives_one_away() -> None:
    asked: Any = {"resources": smoker(287), "service": "cardiovascular-risk"}
    assert "287" in kept(left(**asked)).assessments[0].reasons[0].text
    without = kept(left(settings=StoreSettings(inputs="none"), **asked)).assessments[0]
    assert without.reasons == (KeptReason("sbp", "out-of-range"),)


def test_the_digest_of_inputs_is_the_same_for_the_same_inputs_only() -> None:
    def digest(pressure: float) -> str | None:
        settings = StoreSettings(inputs="hashed")
        chart = smoker(pressure)
        batch = left(resources=chart, service="cardiovascular-risk", settings=settings)
        return kept(batch).assessments[0].inputs_digest

    assert digest(150) == digest(150) != digest(151)


def test_what_is_kept_computes_the_same_predictions_again() -> None:
    chart = (
        patient(),
        *at_risk(),
        problem(ATRIAL_FIBRILLATION),
        *(result("creatinine", 1.4, f"202{year}-03-01T08:00:00Z") for year in range(1, 6)),
        result("uacr", 90),
        result("ast", 60),
        result("alt", 40),
        result("platelets", 180),
        problem(DIABETES),
    )
    batch = left(resources=chart, service="patient-risks")
    known, found = predictors(), kept(batch)
    again = 0
    for each in found.assessments:
        if each.inputs is None:
            continue
        predictor = known[each.predictor]
        assert each.version == predictor.version
        made = predictor.assess(given(found.facts_of(each))).predictions
        assert [now.value for now in made] == [then.value for then in each.predictions]
        assert [now.high for now in made] == [then.high for then in each.predictions]
        parts = each.predictions[0].parts
        assert parts == {part.input: part.amount for part in made[0].contributions}
        again += 1
    assert again > 6


def test_inputs_are_kept_with_their_units_times_and_conversions() -> None:
    converted = result("creatinine", 88)
    converted["valueQuantity"] |= {"unit": "umol/L", "code": "umol/L"}
    batch = left(
        resources=(patient(), *at_risk()[:4], converted, at_risk()[5]),
        service="cardiovascular-risk",
    )
    found = kept(batch)
    facts = {each.name: each for each in found.facts}
    assert facts["sbp"].given == 150
    assert facts["sbp"].unit == "mm[Hg]"
    (measured,) = facts["sbp"].basis
    assert measured.when
    assert measured.when[0].isoformat() == "2026-03-15T08:00:00+00:00"
    items = [each for fact in found.facts for each in fact.basis if each.original]
    assert items[0].original == "88 umol/L"
    assert "converted" in items[0].notes


def test_every_service_leaves_rows_that_the_spool_can_hold() -> None:
    for service in services():
        batch = left(resources=(patient(), *at_risk()), service=service)
        assert msgspec.msgpack.decode(msgspec.msgpack.encode(batch)) == batch


@pytest.mark.parametrize("number", [float("inf"), float("nan")])
def test_what_no_json_can_hold_is_kept_as_none(number: float) -> None:
    answered = answer()
    (made,) = answered.issued
    changed = dataclasses.replace(answered, issued=(dataclasses.replace(made, over=number),))
    assert records(changed, call(), settings=KEEPING, keys=KEYS)["cards"][0]["over"] is None
